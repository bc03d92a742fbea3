import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { ERROR_CODES, messageOf, OperationError } from "../../controller/model/errors.ts";
import { type DebianMirror, sourcesList } from "./debian-mirror.ts";

const BOOTSTRAP_MS_MAX = 15 * 60 * 1000;
/** What a tool may take to clean up after SIGTERM. */
const TERMINATION_MS_MAX = 10_000;
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
  // It mounts /proc and /sys below the root. In a mount namespace of its own they go when it goes,
  // however it goes, and nothing of this machine is ever removed through them.
  const command = ["--mount", "debootstrap", "--variant=minbase", suite, root, ...from];
  await run("unshare", command, options, {});
  const sources = sourcesList(mirror, suite);
  if (sources !== "") await writeFile(join(root, "etc/apt/sources.list"), sources);
  const leftOut = ["./var/cache/apt/*", "./var/lib/apt/lists/*"].map((p) => `--exclude=${p}`);
  await run("tar", ["-C", root, ...leftOut, "-cf", tar, "."], options, {});
  return tar;
}

/**
 * Runs a tool to its end; its standard output and error are progress. An abort ends the tool with
 * all its children, and is over when they are.
 */
async function run(
  command: string,
  args: readonly string[],
  { onProgress, signal }: BootstrapOptions,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that a signal reaches the tool's children too.
    detached: true,
  });
  const last: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on("line", (line) => {
      onProgress(line);
      last.push(line);
      if (last.length > LAST_LINES_MAX) last.shift();
    });
  }
  const closed = once(child, "close");
  const stop = endGroupOnAbort(
    child,
    AbortSignal.any([signal, AbortSignal.timeout(BOOTSTRAP_MS_MAX)]),
  );
  let failure: string | null;
  try {
    const [code, killer] = (await closed) as [number | null, string | null];
    failure = code === 0 ? null : `exit ${code ?? killer}`;
  } catch (error) {
    failure = messageOf(error);
  } finally {
    stop();
  }
  signal.throwIfAborted();
  if (failure === null) return;
  throw new OperationError(
    ERROR_CODES.IMAGE_BUILD_FAILED,
    "BuildBaseImage",
    `${command} failed (${failure}): ${last.join(" / ")}`,
  );
}

/** SIGTERM on abort, SIGKILL when that was not enough. @returns what calls it off */
function endGroupOnAbort(child: ChildProcess, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child, "SIGTERM");
    timer = setTimeout(() => signalGroup(child, "SIGKILL"), TERMINATION_MS_MAX);
  };
  signal.addEventListener("abort", end, { once: true });
  return () => {
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Gone already, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
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
