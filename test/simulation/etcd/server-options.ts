/** What one etcd process is started with. */
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";
import type { RaftCore } from "../raft/core.ts";
import type { RaftEvent } from "../raft/types.ts";
import type { EtcdData, Identity } from "./data.ts";
import type { LogFields } from "./log-lines.ts";
import type { EtcdExit, PeerMessage } from "./types.ts";

export interface EtcdServerOptions {
  readonly name: string;
  /** Where it listens to its peers. */
  readonly peerUrl: string;
  /** Prepared: bootstrapped, joined, forced, restored, or left by an earlier process. */
  readonly data: EtcdData;
  /** Its process's own: monotonic, and without jumps. */
  readonly clock: Clock;
  readonly rng: Rng;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  /** Applied entries between two snapshots of the log, and entries kept before one. */
  readonly snapshotEvery?: number;
  readonly entriesKept?: number;
  readonly quotaBytes?: number;
  /** The peer URLs of its initial cluster; a member that joins asks there who the others are. */
  readonly initialPeers: readonly string[];
  /** To whoever listens at this peer URL. */
  readonly send: (peerUrl: string, message: PeerMessage) => void;
  /** The process ended by itself. Not called after `kill` or `shutDown`. */
  readonly onExit: (exit: EtcdExit) => void;
  /** A line of its log. */
  readonly onLog?: (fields: LogFields) => void;
  /** Everything Raft does, for RaftSafety of the history of `identity`. */
  readonly observe?: (event: RaftEvent, core: RaftCore, identity: Identity) => void;
}
