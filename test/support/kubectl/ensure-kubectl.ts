/** A kubectl that knows OpenAPI v3: the machine's, else Debian trixie's, unpacked beside it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { debianMirror } from "../../../agent-image/build/debian-mirror.ts";

const run = promisify(execFile);
/** The first that validates on the server, as ours does. */
const MINOR_MIN = 27;
const SUITE = "trixie";
const UNPACK_MS_MAX = 4 * 60_000;

/** @returns its path @throws Error saying what is missing when none can be had here */
export async function ensureKubectl(): Promise<string> {
  if (await isRecent("kubectl")) return "kubectl";
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const path = join(cache, "jupyter-cluster", `kubectl-${SUITE}`);
  if (existsSync(path)) return path;
  const directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-kubectl-"));
  try {
    const { main } = await debianMirror();
    const from = main === null ? [] : [`deb ${main} ${SUITE} main`];
    const unpack = ["--variant=extract", "--include=kubernetes-client", SUITE, directory, ...from];
    await run("mmdebstrap", unpack, { timeout: UNPACK_MS_MAX });
    await mkdir(dirname(path), { recursive: true });
    const beside = `${path}.${process.pid}`;
    await cp(join(directory, "usr/bin/kubectl"), beside);
    await rename(beside, path);
    return path;
  } catch (error) {
    const message = `kubectl 1.${MINOR_MIN} or newer is needed for this test, and Debian's could not be unpacked`;
    throw new Error(message, { cause: error });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
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
