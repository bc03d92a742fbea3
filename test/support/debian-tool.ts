/** A program of Debian's, unpacked beside the machine's own and kept for the next time. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { debianMirror } from "../../agent-image/build/debian-mirror.ts";

const run = promisify(execFile);
const SUITE = "trixie";
const UNPACK_MS_MAX = 4 * 60_000;

export interface DebianTool {
  /** Its path in the package, from the root; it needs nothing else of it. */
  readonly path: string;
  readonly packageName: string;
}

/** @returns where it is @throws Error saying what is missing when it cannot be had here */
export async function ensureDebianTool({ path, packageName }: DebianTool): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const kept = join(cache, "jupyter-cluster", `${packageName}-${SUITE}`, path);
  if (existsSync(kept)) return kept;
  const directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-debian-"));
  try {
    const { main } = await debianMirror();
    const from = main === null ? [] : [`deb ${main} ${SUITE} main`];
    const unpack = ["--variant=extract", `--include=${packageName}`, SUITE, directory, ...from];
    await run("mmdebstrap", unpack, { timeout: UNPACK_MS_MAX });
    await mkdir(dirname(kept), { recursive: true });
    const beside = `${kept}.${process.pid}`;
    await cp(join(directory, path), beside);
    await rename(beside, kept);
    return kept;
  } catch (error) {
    const message = `${path} of Debian's ${packageName} is needed for this test and could not be unpacked`;
    throw new Error(message, { cause: error });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
