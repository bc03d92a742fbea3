/** A shell that people type in: the machine's, else Debian's. */
import { existsSync } from "node:fs";
import { installDebianPackages } from "../debian-packages.ts";

/** @returns its path @throws Error saying what to do when none can be had here */
export async function ensureShell(name: "zsh" | "fish"): Promise<string> {
  const path = `/usr/bin/${name}`;
  if (!existsSync(path)) await installDebianPackages(name, [name]);
  return path;
}
