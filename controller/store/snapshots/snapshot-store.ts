/** Where each cluster's snapshots are: `<directory>/<namespace>/<name>/`. */
import { join } from "node:path";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import type { Logger } from "../../model/ports.ts";
import { fileNameOf } from "../file-names.ts";
import { PlaceMark } from "./place-mark.ts";
import { SnapshotDirectory } from "./snapshot-directory.ts";

type Cluster = Pick<CompiledCluster, "metadata" | "spec">;

export class SnapshotStore {
  private readonly directories = new Map<string, SnapshotDirectory>();

  /** @param directory of clusters whose spec names none */
  constructor(
    private readonly directory: string,
    private readonly log: Logger,
  ) {}

  of({ metadata, spec }: Cluster): SnapshotDirectory {
    const below = join(fileNameOf(metadata.namespace), fileNameOf(metadata.name));
    const home = join(this.directory, below);
    const chosen = spec.etcd.snapshots.directory;
    const path = chosen === null ? home : join(chosen, below);
    const known = this.directories.get(path);
    if (known !== undefined) return known;
    const mark = path === home ? null : new PlaceMark(home, path);
    const opened = new SnapshotDirectory(path, mark, this.log);
    this.directories.set(path, opened);
    return opened;
  }
}
