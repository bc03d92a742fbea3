import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, messageOf, OperationError } from "../../controller/model/errors.ts";
import { bundleAgent } from "./bundle-agent.ts";

/** What `docker build` is given, and nothing else. */
export const CONTEXT_ENTRIES = ["Dockerfile", "rootfs", "agent"] as const;

export interface BuildContext {
  readonly directory: string;
  /** Lower-case hex SHA-256 over names, permissions and contents of all files. */
  readonly fingerprint: string;
  /** Removes the directory. */
  dispose(): Promise<void>;
}

/** Gathers the image's inputs in a temporary directory of their own. The caller disposes of it. */
export async function makeBuildContext(): Promise<BuildContext> {
  const sources = agentImageSources();
  const directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-image-"));
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    await copyFile(join(sources, "Dockerfile"), join(directory, "Dockerfile"));
    await cp(join(sources, "rootfs"), join(directory, "rootfs"), { recursive: true });
    await mkdir(join(directory, "agent"));
    await bundleAgent(join(sources, "agent", "main.ts"), join(directory, "agent"));
    return { directory, fingerprint: await fingerprintOf(directory), dispose };
  } catch (error) {
    await dispose();
    throw new OperationError(
      ERROR_CODES.IMAGE_BUILD_FAILED,
      "BuildAgentImage",
      `The inputs of the agent image in ${sources} could not be gathered: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Times and owners are left out: they differ from one checkout to the next. */
async function fingerprintOf(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) {
    const path = join(directory, file);
    const executable = ((await stat(path)).mode & 0o111) !== 0;
    const content = createHash("sha256").update(await readFile(path));
    hash.update(`${file}\0${executable}\0${content.digest("hex")}\n`);
  }
  return hash.digest("hex");
}

/**
 * The directory `agent-image/` of the sources, found upwards from this module, because the
 * compiled module lies in `dist/` and the Dockerfile is not copied there.
 */
function agentImageSources(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(directory, "agent-image");
    if (existsSync(join(candidate, "Dockerfile"))) return candidate;
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no agent-image/Dockerfile above ${import.meta.url}`);
    directory = parent;
  }
}
