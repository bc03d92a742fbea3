/** The simulator's worker as JavaScript: threads cannot be started on TypeScript. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const SOURCE = fileURLToPath(new URL("../../simulation/many/seed-worker.ts", import.meta.url));
/** Inside the repository, so that it finds the packages. */
const DIST = fileURLToPath(new URL("../../../dist/", import.meta.url));

export interface WorkerFile {
  readonly url: URL;
  remove(): Promise<void>;
}

export async function buildWorker(): Promise<WorkerFile> {
  await mkdir(DIST, { recursive: true });
  const folder = await mkdtemp(join(DIST, "simulation-"));
  const outfile = join(folder, "seed-worker.mjs");
  await build({
    entryPoints: [SOURCE],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  return { url: pathToFileURL(outfile), remove: () => rm(folder, { recursive: true }) };
}
