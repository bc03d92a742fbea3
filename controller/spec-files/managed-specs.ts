/**
 * Clusters that came over the API: a document each, seen and kept as any spec file. What a person's file
 * describes is that person's alone.
 */
import { stringify } from "yaml";
import { compileText } from "../../crd-schema/documents.ts";
import { immutableProblems } from "../../crd-schema/immutable.ts";
import { loadManifests } from "../../crd-schema/load.ts";
import type { CompiledCluster, Problem } from "../../crd-schema/spec.ts";
import type { ClusterRef } from "../model/ids.ts";
import type { ManagedPlace } from "./managed-place.ts";

const HEADER =
  "# Written by the controller when it was asked over its API (kubectl, the page). Editing it by hand works too.\n";

export interface ManagedSpecsOptions {
  readonly place: ManagedPlace;
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
    const { place } = this.options;
    const file = this.options.inForce(ref)?.source.file ?? null;
    return file === null || place.owns(file) ? null : file;
  }

  async problems(manifest: Manifest): Promise<readonly Problem[]> {
    const { place, path } = this.options;
    const file = place.fileOf(manifest.metadata);
    const { paths = [], texts = new Map() } = (await place.read()) ?? {};
    const others = paths.filter((other) => other !== file);
    const otherTexts = [...texts].filter(([other]) => other !== file).map(([, text]) => text);
    const text = compileText(stringify(manifest), file);
    const { clusters, problems } = await loadManifests([path, ...others], [text, ...otherTexts]);
    const here = problems.filter((problem) => problem.file === file);
    const next = clusters.find(({ source }) => source.file === file);
    const current = this.options.inForce(manifest.metadata);
    if (next === undefined || current === undefined) return here;
    return [...here, ...immutableProblems(current, next)];
  }

  async owners(ref: ClusterRef): Promise<readonly Owner[]> {
    return (await this.options.place.owners(ref)) as readonly Owner[];
  }

  async save(manifest: Manifest, owners: readonly Owner[]): Promise<void> {
    await this.options.place.save(manifest.metadata, HEADER + stringify(manifest), owners);
    await this.options.readNow();
  }

  async remove(ref: ClusterRef): Promise<void> {
    await this.options.place.remove(ref);
    await this.options.readNow();
  }
}
