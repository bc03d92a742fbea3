/** A Chromium: the machine's, else Debian's, installed by whoever may. Nothing is fetched from anywhere else. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const PATH = "/usr/bin/chromium";
const INSTALL_MS_MAX = 4 * 60_000;

/** @returns its path @throws Error saying what to do when none can be had here */
export async function ensureChromium(): Promise<string> {
  if (existsSync(PATH)) return PATH;
  const install = ["install", "--yes", "--no-install-recommends", "chromium"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", install, { timeout: INSTALL_MS_MAX, env });
    return PATH;
  } catch (error) {
    const message = `Chromium is needed for this test, and could not be installed: apt-get ${install.join(" ")}`;
    throw new Error(message, { cause: error });
  }
}
