/**
 * Clusters that came over the API: a file each, in a directory of the state directory, seen and kept
 * as any spec file. What a person's file describes is that person's alone.
 */
import { dirname } from "node:path";
import { stringify } from "yaml";
import { compileText } from "../../crd-schema/documents.ts";
import { immutableProblems } from "../../crd-schema/immutable.ts";
import { loadManifests } from "../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";
import type { ClusterRef } from "../model/ids.ts";
import { readJson, writeJsonDurably } from "../support/files/json-file.ts";
import {
  backupOf,
  makeStateDirectory,
  removeStateFiles,
  writeStateFile,
} from "../support/files/state-file.ts";
import { managedFile, managedFiles, ownersFile } from "./managed-directory.ts";

const HEADER =
  "# Written by the controller when it was asked over its API (kubectl, the page). Editing it by hand works too.\n";

export interface ManagedSpecsOptions {
  /** Where the files are; made when the first one is written. */
  readonly directory: string;
  /** A person's: spec file, or directory of them. */
  readonly path: string;
  /** The cluster as it is in force; undefined: there is none. */
  inForce(ref: ClusterRef): CompiledCluster | undefined;
  /** Resolves when what the files say now was handed over. */
  readNow(): Promise<void>;
}

/** @template Owner who owns which fields, as the API counts them */
export class ManagedSpecFiles<Manifest extends { readonly metadata: ClusterRef }, Owner> {
  constructor(private readonly options: ManagedSpecsOptions) {}

  foreignFile(ref: ClusterRef): string | null {
    const file = this.options.inForce(ref)?.source.file ?? null;
    return file === null || dirname(file) === this.options.directory ? null : file;
  }

  async problems(manifest: Manifest): Promise<readonly Problem[]> {
    const { directory, path } = this.options;
    const file = managedFile(directory, manifest.metadata);
    const others = ((await managedFiles(directory)) ?? []).filter((other) => other !== file);
    const text = compileText(stringify(manifest), file);
    const { clusters, problems } = await loadManifests([path, ...others], [text]);
    const here = problems.filter((problem) => problem.file === file);
    const next = clusters.find(({ source }) => source.file === file);
    const current = this.options.inForce(manifest.metadata);
    if (next === undefined || current === undefined) return here;
    return [...here, ...immutableProblems(current, next)];
  }

  async owners(ref: ClusterRef): Promise<readonly Owner[]> {
    const reading = await readJson(ownersFile(this.options.directory, ref));
    const owners = (reading?.value as { owners?: unknown } | undefined)?.owners;
    return Array.isArray(owners) ? (owners as Owner[]) : [];
  }

  async save(manifest: Manifest, owners: readonly Owner[]): Promise<void> {
    const { directory } = this.options;
    await makeStateDirectory(directory);
    // The owners first: without them a document would be nobody's, which is less than it was.
    await writeJsonDurably(ownersFile(directory, manifest.metadata), { owners });
    await writeStateFile(managedFile(directory, manifest.metadata), HEADER + stringify(manifest));
    await this.options.readNow();
  }

  async remove(ref: ClusterRef): Promise<void> {
    const { directory } = this.options;
    const owners = ownersFile(directory, ref);
    await removeStateFiles([managedFile(directory, ref), backupOf(owners), owners]);
    await this.options.readNow();
  }
}
