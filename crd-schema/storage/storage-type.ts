/**
 * What there is to know of one type of shared storage. A new type is a file like volume.ts, a line
 * in table.ts and its fields in the schema; nobody else asks which type it is. Pure: what a type
 * needs of the world is listed, and made by whoever has the means.
 *
 * The same for every type: the files are shared, so a type and the fields that say where they are
 * cannot be changed on a live cluster; StorageReady is True when every node's agent finds something mounted at `mountPath` and
 * its user can write, read and remove a file there.
 */
import type { DefaultedManifest } from "../jupytercluster.types.ts";
import type { DockerParameter } from "./docker-parameter.ts";
import type { NodeMount } from "./node-mount.ts";

/** `spec.storage.shared` as it is written, with the defaults of the schema. */
export type WrittenStorage = DefaultedManifest["spec"]["storage"]["shared"];

/** A field of it that not every type has. */
export type TypeField = Exclude<keyof WrittenStorage, "type" | "mountPath">;

/** What a type has: its own fields, and what every type has. */
export type StorageValues<F extends TypeField> = { readonly mountPath: string } & {
  readonly [K in F]: NonNullable<WrittenStorage[K]>;
};

/** The cluster whose storage it is. */
export interface StorageOwner {
  readonly namespace: string;
  readonly name: string;
}

export type FieldRule<Value> = {
  /**
   * Why this value is of no use, as a sentence; null: it is. Asked after the schema's own rules.
   */
  problem?(value: Value): string | null;
  /** On a live cluster: whatever it is, the files are the same. Default: false. */
  readonly mayChange?: true;
} & (
  | { whenLeftOut(owner: StorageOwner): Value }
  /** It must be there; completes "type T needs …". */
  | { readonly needed: string }
);

export interface StorageType<F extends TypeField> {
  readonly fields: { readonly [K in F]: FieldRule<NonNullable<WrittenStorage[K]>> };
  /** How a container gets the directory at its `mountPath`. */
  parameters(values: StorageValues<F>): readonly DockerParameter[];
  /**
   * Docker volumes of these names are made with our labels before a launch, where the containers
   * run on this machine's engine. `down --volumes` removes them, and nothing else of the storage.
   */
  dockerVolumes(values: StorageValues<F>): readonly string[];
  /** What the node mounts there by itself. Left out: Docker does. */
  nodeMount?(values: StorageValues<F>): NodeMount;
  /** Whether something that has not been mounted there is a fault, and not just a directory. */
  requiresMount?(values: StorageValues<F>): boolean;
}
