/**
 * `tls.json` beside the data: what the slot proves itself with, for its next container, which may resume
 * before anybody tells it anything. It lies where the slot's SSH keys lie.
 */
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { Checker, CheckError } from "../../../controller/support/checker.ts";
import { parseTls } from "../api/parse-start-command.ts";
import { KEPT_TLS_FILE } from "../paths.ts";
import type { Files } from "../ports/files.ts";

/** @param tokenSha256 of the node: the authority is made with the token, and is another one's with another */
export async function keepTls(
  files: Pick<Files, "write">,
  tokenSha256: string,
  identity: TlsIdentity,
): Promise<void> {
  const text = `${JSON.stringify({ tokenSha256, identity })}\n`;
  await files.write(KEPT_TLS_FILE, text, { mode: 0o600 });
}

/** @returns null: there is none that this node could prove itself with */
export async function readKeptTls(
  files: Pick<Files, "read">,
  tokenSha256: string,
): Promise<TlsIdentity | null> {
  const text = await files.read(KEPT_TLS_FILE);
  if (text === null) return null;
  try {
    const root = new Checker(JSON.parse(text), "tls");
    if (root.holds("tokenSha256", (v) => v !== tokenSha256)) return null;
    return parseTls(root.object("identity"));
  } catch (error) {
    // Not what we wrote: the node waits to be told, as without it.
    if (error instanceof CheckError || error instanceof SyntaxError) return null;
    throw error;
  }
}
