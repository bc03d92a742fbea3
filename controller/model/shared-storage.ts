/** The shared storage: what an agent is told of it, and what it says of it. */
import type { NodeMount } from "../../crd-schema/storage/node-mount.ts";

export interface StorageConfig {
  readonly mountPath: string;
  /** What the agent mounts there; null or left out: Docker has mounted it. */
  readonly mount?: NodeMount | null | undefined;
  /** Docker has mounted a directory; whether there must be a file system in it. */
  readonly requireMount?: boolean | undefined;
}

/** What is wrong with the shared storage of a node. */
export const STORAGE_FAULTS = [
  /** Nothing is mounted where something must be, and why is not known better. */
  "NotMounted",
  /** It is mounted, and whoever looks gets an error at once: its client has ended, or lost it. */
  "MountDead",
  /** It is mounted, and whoever looks hangs. */
  "MountNotAnswering",
  "ServersUnreachable",
  "VolumeNotFound",
  /** The container may not mount: it lacks /dev/fuse, the capability, or AppArmor's leave. */
  "MountNotAllowed",
  /** The host's kernel has no such file system. */
  "MountNotSupported",
  /** It answers, and the normal user cannot write there. */
  "NotWritable",
] as const;
export type StorageFault = (typeof STORAGE_FAULTS)[number];

export interface StorageStatus {
  readonly ready: boolean;
  /** For people. */
  readonly message: string;
  /** Null: none. Another word: of a newer agent. Agents of early 0.1.0 do not tell it. */
  readonly fault?: string | null | undefined;
  /** How often the agent has mounted it; each time but the first, what was open there was lost. */
  readonly mounts?: number | undefined;
}
