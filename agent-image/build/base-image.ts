import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type Docker from "dockerode";
import { imageExists } from "../../controller/docker/images.ts";
import { ERROR_CODES, messageOf, OperationError } from "../../controller/model/errors.ts";
import type { Logger } from "../../controller/model/ports.ts";
import { bootstrapDebian } from "./bootstrap.ts";
import { debianMirror, sourcesList } from "./debian-mirror.ts";
import { followProgress } from "../../controller/docker/progress.ts";
import { makeScratchSpace } from "./scratch-space.ts";

const SUITE = "trixie";
const REGISTRY_BASE = "debian:trixie-slim";
export const OWN_BASE_REPOSITORY = "jupyter-cluster/base";
/** Counts up when what bootstrap.ts makes changes. */
const RECIPE = 1;

/** A registry that does not begin to answer in this time counts as none. */
const REGISTRY_ANSWER_MS_MAX = 10_000;
const PULL_SILENCE_MS_MAX = 20_000;
const IMPORT_SILENCE_MS_MAX = 120_000;

export interface BaseImageOptions {
  readonly docker: Docker;
  readonly log: Logger;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * The reference of a Debian image to build on, in order of cost: one that is there, the registry's,
 * one that is made here and kept for the next time.
 *
 * @throws OperationError TOOL_MISSING, IMAGE_BUILD_FAILED
 */
export async function ensureBaseImage(options: BaseImageOptions): Promise<string> {
  const { docker } = options;
  if (await imageExists(docker, REGISTRY_BASE)) return REGISTRY_BASE;
  const mirror = await debianMirror();
  const recipe = JSON.stringify([RECIPE, SUITE, sourcesList(mirror, SUITE)]);
  const tag = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const own = `${OWN_BASE_REPOSITORY}:${tag}`;
  if (await imageExists(docker, own)) return own;
  if (await pull(options)) return REGISTRY_BASE;
  const scratch = await makeScratchSpace();
  try {
    options.onProgress(`Making a minimal Debian ${SUITE} (no registry answers)`);
    const tar = await bootstrapDebian({
      suite: SUITE,
      mirror,
      directory: scratch.directory,
      onProgress: (line) => options.log.debug({ line }, "bootstrap"),
      signal: options.signal,
    });
    options.onProgress("Importing it into Docker");
    await importTar(options, tar, tag);
  } finally {
    await scratch.dispose();
  }
  return own;
}

async function pull({ docker, log, onProgress, signal }: BaseImageOptions): Promise<boolean> {
  onProgress(`Pulling ${REGISTRY_BASE}`);
  const answer = new AbortController();
  const timer = setTimeout(() => answer.abort(), REGISTRY_ANSWER_MS_MAX);
  try {
    const stream = await docker.pull(REGISTRY_BASE, {
      abortSignal: AbortSignal.any([signal, answer.signal]),
    });
    clearTimeout(timer);
    await followProgress(stream, { silenceMsMax: PULL_SILENCE_MS_MAX, onLine: onProgress });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    log.info({ image: REGISTRY_BASE, reason: messageOf(error) }, "the base image is not pulled");
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function importTar(options: BaseImageOptions, tar: string, tag: string): Promise<void> {
  try {
    const stream = await options.docker.importImage(createReadStream(tar), {
      repo: OWN_BASE_REPOSITORY,
      tag,
      changes: 'CMD ["/bin/bash"]',
      abortSignal: options.signal,
    });
    await followProgress(stream, {
      silenceMsMax: IMPORT_SILENCE_MS_MAX,
      onLine: (line) => options.log.debug({ line }, "import"),
    });
  } catch (error) {
    options.signal.throwIfAborted();
    throw new OperationError(
      ERROR_CODES.IMAGE_BUILD_FAILED,
      "BuildBaseImage",
      `Docker did not take the base image: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
