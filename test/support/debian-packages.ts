/** Debian's packages that a test needs, installed by whoever may. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const INSTALL_MS_MAX = 5 * 60_000;

/**
 * @param what they are for, as a sentence begins
 * @throws Error saying what to do when they cannot be installed here
 */
export async function installDebianPackages(
  what: string,
  packages: readonly string[],
): Promise<void> {
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  const remedy = `${what} is needed for this test: sudo apt-get ${install.join(" ")}`;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) throw new Error(remedy);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, timeout: INSTALL_MS_MAX };
  try {
    await run("apt-get", ["-q", "update"], options);
    await run("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=120", ...install], options);
  } catch (error) {
    throw new Error(remedy, { cause: error });
  }
}
