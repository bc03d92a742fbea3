import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Where this machine takes Debian from; null: not known (not a Debian, or no package lists). */
export interface DebianMirror {
  readonly main: string | null;
  readonly security: string | null;
}

const APT_MS_MAX = 20_000;
const FORMAT = "$(LABEL)|$(COMPONENT)|$(REPO_URI)";

/** The mirror of apt's own configuration: whoever runs this can reach it. */
export async function debianMirror(): Promise<DebianMirror> {
  try {
    const { stdout } = await promisify(execFile)(
      "apt-get",
      ["indextargets", "--format", FORMAT, "Created-By: Packages", "Origin: Debian"],
      { timeout: APT_MS_MAX },
    );
    return parseIndexTargets(stdout);
  } catch {
    // No apt on this machine: the bootstrap tool knows a default of its own.
    return { main: null, security: null };
  }
}

/** @param output lines `label|component|uri` */
export function parseIndexTargets(output: string): DebianMirror {
  const targets = output.split("\n").map((line) => line.split("|"));
  const uriOf = (wanted: string): string | null => {
    const found = targets.find(
      ([label, component, uri]) =>
        label === wanted && component === "main" && /^https?:\/\//.test(uri ?? ""),
    );
    return found?.[2] ?? null;
  };
  return { main: uriOf("Debian"), security: uriOf("Debian-Security") };
}

/** The lines of `sources.list` for a suite; empty when the mirror is not known. */
export function sourcesList(mirror: DebianMirror, suite: string): string {
  if (mirror.main === null) return "";
  const lines = [`deb ${mirror.main} ${suite} main`, `deb ${mirror.main} ${suite}-updates main`];
  if (mirror.security !== null) lines.push(`deb ${mirror.security} ${suite}-security main`);
  return `${lines.join("\n")}\n`;
}
