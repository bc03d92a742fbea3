/** How the command line names itself to the controller: its release, and who runs it where. */
import { hostname } from "node:os";
import { RELEASE } from "../../model/release.ts";
import { thisUser } from "../../support/users.ts";

/** The controller takes it for what it is, a statement: it decides nothing. */
export function userAgent(): string {
  const plain = (text: string) => text.replaceAll(/[^\w.-]/g, "-").slice(0, 60);
  return `jupyter-cluster/${RELEASE} (${plain(thisUser())}@${plain(hostname())})`;
}
