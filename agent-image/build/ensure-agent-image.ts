import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import { connectDocker, requireDocker } from "../../controller/docker/connect.ts";
import { imageExists } from "../../controller/docker/images.ts";
import { ERROR_CODES, messageOf, OperationError } from "../../controller/model/errors.ts";
import type { Logger } from "../../controller/model/ports.ts";
import { ensureBaseImage, OWN_BASE_REPOSITORY } from "./base-image.ts";
import { type BuildContext, CONTEXT_ENTRIES, makeBuildContext } from "./build-context.ts";
import { followProgress } from "../../controller/docker/progress.ts";
import { removeOldImages } from "./old-images.ts";

const REPOSITORY = "jupyter-cluster/agent";
/** Hex digits of the fingerprint in the tag. */
const TAG_LENGTH = 12;
/** The longest step is one package that unpacks without a word. */
const BUILD_SILENCE_MS_MAX = 5 * 60 * 1000;
const LAST_LINES_MAX = 12;
/** Begins the lines that the Dockerfile writes for the person who waits. */
const STEP_MARK = "==> ";
/** Docker hands these to the build without storing them in the image. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "no_proxy"];

export interface AgentImageOptions {
  readonly log: Logger;
  /** Lines for the person who waits. */
  readonly onProgress: (line: string) => void;
  /** Default: the engine that the environment (DOCKER_HOST) or the usual socket gives. */
  readonly docker?: Docker;
  /** Gives up, leaving nothing behind but finished layers. */
  readonly signal?: AbortSignal;
}

export interface AgentImage {
  /** `jupyter-cluster/agent:<fingerprint of all inputs>` */
  readonly reference: string;
  /** False: it was there. */
  readonly built: boolean;
}

/**
 * The image of the nodes for exactly these sources: taken when it is there, else built.
 *
 * @throws OperationError DOCKER_UNREACHABLE, TOOL_MISSING (no registry, no bootstrap tool),
 *   IMAGE_BUILD_FAILED; the signal's reason when aborted
 */
export async function ensureAgentImage(options: AgentImageOptions): Promise<AgentImage> {
  const docker = options.docker ?? connectDocker();
  const signal = options.signal ?? new AbortController().signal;
  await requireDocker(docker);
  const context = await makeBuildContext();
  try {
    const reference = `${REPOSITORY}:${context.fingerprint.slice(0, TAG_LENGTH)}`;
    if (await imageExists(docker, reference)) return { reference, built: false };
    const { log, onProgress } = options;
    const base = await ensureBaseImage({ docker, log, onProgress, signal });
    onProgress(`Building ${reference} on ${base}`);
    await buildImage({ ...options, docker, signal }, context, reference, base);
    const repositories = [REPOSITORY, OWN_BASE_REPOSITORY];
    await removeOldImages(docker, repositories, [reference, base], Date.now(), log);
    return { reference, built: true };
  } finally {
    await context.dispose();
  }
}

async function buildImage(
  { docker, log, onProgress, signal }: Required<AgentImageOptions>,
  context: BuildContext,
  reference: string,
  base: string,
): Promise<void> {
  const last: string[] = [];
  const steps = await stepsOf(context);
  let begun = 0;
  const onLine = (line: string) => {
    log.debug({ line }, "build");
    if (line.startsWith(STEP_MARK)) {
      begun += 1;
      onProgress(`Step ${begun} of ${steps}: ${line.slice(STEP_MARK.length)}`);
    }
    last.push(line);
    if (last.length > LAST_LINES_MAX) last.shift();
  };
  try {
    const source = { context: context.directory, src: [...CONTEXT_ENTRIES] };
    const stream = await docker.buildImage(source, {
      t: reference,
      buildargs: { BASE: base, ...proxySettings() },
      // Packages come through whatever network this machine has, without Docker's bridge between.
      networkmode: "host",
      rm: true,
      forcerm: true,
      abortSignal: signal,
    });
    await followProgress(stream, { silenceMsMax: BUILD_SILENCE_MS_MAX, onLine });
  } catch (error) {
    signal.throwIfAborted();
    throw new OperationError(
      ERROR_CODES.IMAGE_BUILD_FAILED,
      "BuildAgentImage",
      `Docker could not build the agent image: ${messageOf(error)}. Its last words: ${last.join(" / ")}`,
      { cause: error },
    );
  }
}

/** How many steps the Dockerfile tells of. */
async function stepsOf({ directory }: BuildContext): Promise<number> {
  const dockerfile = await readFile(join(directory, "Dockerfile"), "utf8");
  return dockerfile.split(`echo '${STEP_MARK}`).length - 1;
}

function proxySettings(): Record<string, string> {
  const names = PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()]);
  return Object.fromEntries(names.flatMap((n) => (process.env[n] ? [[n, process.env[n]]] : [])));
}
