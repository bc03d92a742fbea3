/** What the API needs of the files that it may write. controller/spec-files has the real ones. */
import type { Problem } from "../../../../crd-schema/spec.ts";
import type { ClusterRef } from "../../../model/ids.ts";
import type { FieldOwner } from "./field-owners.ts";

/** A JupyterCluster as a person would write it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface ManagedSpecs {
  /** Of a cluster that comes from a person's file: that file, which the API does not touch. */
  foreignFile(ref: ClusterRef): string | null;
  /** Why it cannot take the place of what is in force; warnings are left out. */
  problems(manifest: Manifest): Promise<readonly Problem[]>;
  /** Who owns which field; nobody before the first write. */
  owners(ref: ClusterRef): Promise<readonly FieldOwner[]>;
  /** Resolves when it is durable and the controller has read it. @throws OperationError */
  save(manifest: Manifest, owners: readonly FieldOwner[]): Promise<void>;
  /** The same. */
  remove(ref: ClusterRef): Promise<void>;
  /**
   * Writes a spec of before into the person's file that describes the cluster.
   *
   * @returns what is wrong with it: then nothing was written
   * @throws OperationError
   */
  putBack(ref: ClusterRef, spec: Manifest["spec"]): Promise<readonly Problem[]>;
}
