/** A kubectl that knows OpenAPI v3: the machine's, else Debian's. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ensureDebianTool } from "../debian-tool.ts";

const run = promisify(execFile);
/** The first that validates on the server, as ours does. */
const MINOR_MIN = 27;

/** @returns its path @throws Error saying what is missing when none can be had here */
export async function ensureKubectl(): Promise<string> {
  if (await isRecent("kubectl")) return "kubectl";
  return ensureDebianTool({ path: "usr/bin/kubectl", packageName: "kubernetes-client" });
}

async function isRecent(kubectl: string): Promise<boolean> {
  try {
    const { stdout } = await run(kubectl, ["version", "--client", "-o", "json"]);
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { minor: string } };
    return Number.parseInt(clientVersion.minor, 10) >= MINOR_MIN;
  } catch {
    // There is none: the other one is asked next.
    return false;
  }
}
