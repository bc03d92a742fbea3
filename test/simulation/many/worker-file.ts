/**
 * A worker as one file of JavaScript, made from the sources: threads cannot be started on
 * TypeScript, and a guard can be taken away on the way.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { type Removal, ROOT } from "../guards/removal.ts";

/** Below test/simulation, without its ending. */
export type WorkerName = "many/seed-worker" | "explorer/scope-worker";

export interface WorkerFile {
  readonly url: URL;
  remove(): Promise<void>;
}

/** @param removal what takes the place of one of the sources; null: nothing does */
export async function buildWorker(
  name: WorkerName,
  removal: Removal | null = null,
): Promise<WorkerFile> {
  // Inside the repository, so that it finds the packages.
  const dist = join(ROOT, "dist");
  await mkdir(dist, { recursive: true });
  const folder = await mkdtemp(join(dist, "simulation-"));
  const outfile = join(folder, "worker.mjs");
  await build({
    entryPoints: [join(ROOT, "test", "simulation", `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
    plugins: removal === null ? [] : [without(removal)],
  });
  return { url: pathToFileURL(outfile), remove: () => rm(folder, { recursive: true }) };
}

function without({ file, text }: Removal): Plugin {
  return {
    name: "without-a-guard",
    setup(bundler) {
      bundler.onLoad({ filter: /[\\/]controller[\\/]plan[\\/]/ }, ({ path }) =>
        path === file ? { contents: text, loader: "ts" } : undefined,
      );
    },
  };
}
