import { spawn } from "node:child_process";
import { access, constants, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { ERROR_CODES, OperationError } from "../../controller/model/errors.ts";
import { type DebianMirror, sourcesList } from "./debian-mirror.ts";

const BOOTSTRAP_MS_MAX = 15 * 60 * 1000;
const LAST_LINES_MAX = 8;

export interface BootstrapOptions {
  readonly suite: string;
  readonly mirror: DebianMirror;
  /** An empty directory to work in. */
  readonly directory: string;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a minimal Debian with mmdebstrap or debootstrap, whichever is installed.
 *
 * @returns path of a tar file with the root file system, below `directory`
 * @throws OperationError TOOL_MISSING, IMAGE_BUILD_FAILED
 */
export async function bootstrapDebian(options: BootstrapOptions): Promise<string> {
  if (await isInstalled("mmdebstrap")) return withMmdebstrap(options);
  if (await isInstalled("debootstrap")) return withDebootstrap(options);
  throw new OperationError(
    ERROR_CODES.TOOL_MISSING,
    "BuildBaseImage",
    "No registry has the base image, and neither mmdebstrap nor debootstrap is there to make " +
      "one: install one of them (`apt-get install mmdebstrap`), or let Docker reach a registry.",
  );
}

async function withMmdebstrap(options: BootstrapOptions): Promise<string> {
  const { suite, mirror, directory } = options;
  const tar = join(directory, "base.tar");
  const args = ["--variant=minbase", '--aptopt=Acquire::Languages "none"'];
  for (const path of ["doc", "man", "info", "locale"]) {
    args.push(`--dpkgopt=path-exclude=/usr/share/${path}/*`);
  }
  // The list is passed in the environment, so that no shell ever parses an address.
  args.push(
    '--customize-hook=test -z "$SOURCES" || printf %s "$SOURCES" >"$1/etc/apt/sources.list"',
  );
  args.push(suite, tar);
  if (mirror.main !== null) args.push(`deb ${mirror.main} ${suite} main`);
  await run("mmdebstrap", args, options, {
    TMPDIR: directory,
    SOURCES: sourcesList(mirror, suite),
  });
  return tar;
}

async function withDebootstrap(options: BootstrapOptions): Promise<string> {
  const { suite, mirror, directory } = options;
  const root = join(directory, "root");
  const tar = join(directory, "base.tar");
  await mkdir(root);
  const from = mirror.main === null ? [] : [mirror.main];
  await run("debootstrap", ["--variant=minbase", suite, root, ...from], options, {});
  const sources = sourcesList(mirror, suite);
  if (sources !== "") await writeFile(join(root, "etc/apt/sources.list"), sources);
  const leftOut = ["./var/cache/apt/*", "./var/lib/apt/lists/*"].map((p) => `--exclude=${p}`);
  await run("tar", ["-C", root, ...leftOut, "-cf", tar, "."], options, {});
  return tar;
}

/** Runs a tool to its end; its standard output and error are progress. */
async function run(
  command: string,
  args: readonly string[],
  { onProgress, signal }: BootstrapOptions,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([signal, AbortSignal.timeout(BOOTSTRAP_MS_MAX)]),
  });
  const last: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      onProgress(line);
      last.push(line);
      if (last.length > LAST_LINES_MAX) last.shift();
    });
  }
  const failure = await new Promise<string | null>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, killer) => resolve(code === 0 ? null : `exit ${code ?? killer}`));
  });
  if (failure === null) return;
  throw new OperationError(
    ERROR_CODES.IMAGE_BUILD_FAILED,
    "BuildBaseImage",
    `${command} failed (${failure}): ${last.join(" / ")}`,
  );
}

async function isInstalled(command: string): Promise<boolean> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      await access(join(directory, command), constants.X_OK);
      return true;
    } catch {
      // Not in this directory: the next one may have it.
    }
  }
  return false;
}
