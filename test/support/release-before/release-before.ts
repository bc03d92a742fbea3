/**
 * The release before this one, as it really was: its own sources out of this clone's history, compiled by its
 * own settings. Its packages are today's, which its lock file's may differ from; its image is today's with its
 * own agent and configuration in it, for no other part of an image is ours.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import Docker from "dockerode";
import { followProgress } from "../../../controller/docker/progress.ts";
import { runCommand } from "../e2e/run-command.ts";

/** What stood in its package.json, and the last commit of it. */
export const RELEASE_BEFORE = {
  release: "0.1.0",
  commit: "fd571bc0fb5dd6f0f1fb8377af3af540107a973a",
};

const SOURCES = ["controller", "crd-schema", "agent-image", "package.json", "tsconfig.json"];
/** Below the project, whose packages it uses; `dist` is in nobody's way. */
const PLACE = resolve("dist", "releases");
const COMMAND_MS = 120_000;
const BUILD_SILENCE_MS_MAX = 120_000;

export interface BuiltRelease {
  /** Its sources, with `dist/` in them. */
  readonly directory: string;
  /** `dist/controller/main.js` of it. */
  readonly program: string;
}

/** Null: this clone has its history; else why it cannot be built, for whoever reads the test's report. */
export async function whyNotBuildable(): Promise<string | null> {
  const { release, commit } = RELEASE_BEFORE;
  const asked = await runCommand("git", ["cat-file", "-e", `${commit}^{commit}`], {
    timeoutMs: COMMAND_MS,
  }).catch((error: unknown) => ({ code: 1, stdout: "", stderr: String(error) }));
  if (asked.code === 0) return null;
  return (
    `NOT TESTED beside release ${release}: this clone does not have its commit ${commit.slice(0, 7)} ` +
    `(${asked.stderr.trim() || "not found"}). A shallow clone gets it by: git fetch --unshallow`
  );
}

/** Compiled once for a checkout, which takes some 20 s, and kept. */
export async function buildReleaseBefore(): Promise<BuiltRelease> {
  const directory = join(PLACE, RELEASE_BEFORE.commit);
  const program = join(directory, "dist", "controller", "main.js");
  if (existsSync(program)) return { directory, program };
  await mkdir(PLACE, { recursive: true });
  const making = await mkdtemp(join(PLACE, "making-"));
  try {
    const archive = join(making, "sources.tar");
    await run("git", "archive", "--output", archive, RELEASE_BEFORE.commit, "--", ...SOURCES);
    await run("tar", "-C", making, "-xf", archive);
    await rm(archive);
    const compiler = resolve("node_modules", "typescript", "bin", "tsc");
    await run(
      process.execPath,
      compiler,
      "-p",
      join(making, "controller/setup/tsconfig.build.json"),
    );
    await rm(directory, { recursive: true, force: true });
    await rename(making, directory);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return { directory, program };
}

/**
 * Its nodes' image: what its own build gathers, laid over the image of these sources.
 *
 * @returns the reference
 */
export async function imageOfReleaseBefore(
  { directory }: BuiltRelease,
  presentImage: string,
): Promise<string> {
  const { context, fingerprint, dispose } = await gather(directory);
  try {
    const tag = `jupyter-cluster/agent-${RELEASE_BEFORE.release}:${fingerprint.slice(0, 12)}`;
    await writeFile(
      join(context, "Dockerfile"),
      `FROM ${presentImage}\nRUN rm -rf /opt/jupyter-cluster\nCOPY rootfs/ /\nCOPY agent/ /opt/jupyter-cluster/\n`,
    );
    const source = { context, src: ["Dockerfile", "rootfs", "agent"] };
    const stream = await new Docker().buildImage(source, { t: tag, rm: true, forcerm: true });
    await followProgress(stream, { silenceMsMax: BUILD_SILENCE_MS_MAX, onLine: () => undefined });
    return tag;
  } finally {
    await dispose();
  }
}

interface GatheredContext {
  readonly context: string;
  readonly fingerprint: string;
  readonly dispose: () => Promise<void>;
}

/** By its own code. */
async function gather(directory: string): Promise<GatheredContext> {
  const path = join(directory, "dist/agent-image/build/build-context.js");
  const module = (await import(pathToFileURL(path).href)) as {
    makeBuildContext(): Promise<{
      readonly directory: string;
      readonly fingerprint: string;
      dispose(): Promise<void>;
    }>;
  };
  const made = await module.makeBuildContext();
  return {
    context: made.directory,
    fingerprint: made.fingerprint,
    dispose: () => made.dispose(),
  };
}

async function run(file: string, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runCommand(file, args, { timeoutMs: COMMAND_MS });
  if (code !== 0) throw new Error(`${file} ${args.join(" ")}: ${stdout}${stderr}`);
}
