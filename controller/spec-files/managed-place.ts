/** Where the documents are that the API writes: spec files of this host, or keys of the site's store. */
import type { CompiledText } from "../../crd-schema/documents.ts";
import type { ClusterRef } from "../model/ids.ts";

export interface ManagedPlace {
  /** As `source.file` of the cluster's document names it; the same for every controller of the site. */
  fileOf(ref: ClusterRef): string;
  /** Whether a file of that name is one of these. They are never half written. */
  owns(file: string): boolean;
  /** What it holds; null: it cannot be looked at, so none may be taken for removed. */
  read(): Promise<ManagedReading | null>;
  /** Differs when anything in it does. */
  digest(): Promise<string>;
  /** Who owns which field, as it was saved; none when nothing was. */
  owners(ref: ClusterRef): Promise<readonly unknown[]>;
  /** Resolves when it is durable. @throws OperationError */
  save(ref: ClusterRef, text: string, owners: readonly unknown[]): Promise<void>;
  /** The same. */
  remove(ref: ClusterRef): Promise<void>;
}

export interface ManagedReading {
  /** To be read as spec files. */
  readonly paths: readonly string[];
  /** That were read, by the name of their file. */
  readonly texts: ReadonlyMap<string, CompiledText>;
}
