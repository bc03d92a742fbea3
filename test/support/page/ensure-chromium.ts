/** A Chromium: the machine's, else Debian's. Nothing is fetched from anywhere else. */
import { existsSync } from "node:fs";
import { installDebianPackages } from "../debian-packages.ts";

const PATH = "/usr/bin/chromium";

/** @returns its path @throws Error saying what to do when none can be had here */
export async function ensureChromium(): Promise<string> {
  if (!existsSync(PATH)) await installDebianPackages("Chromium", ["chromium"]);
  return PATH;
}
