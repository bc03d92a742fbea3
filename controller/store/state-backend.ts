/**
 * Where the controllers of one site keep what must survive them, and who of them acts. One acts:
 * it holds the {@link Term} and writes. The others stand by: they watch, serve what they see, and
 * campaign for the next term.
 */
import type { OperationError } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { ObservedTask } from "../model/observed.ts";
import type { ClusterEvent, JupyterClusterObject } from "../model/resource.ts";
import type { StoredSpec } from "../model/stored-spec.ts";

/** One process that runs a controller. */
export interface ControllerRecord {
  /** Of this process alone. */
  readonly id: string;
  readonly hostname: string;
  readonly pid: number;
  /** Where its API is reached. */
  readonly apiUrl: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** The one that acts. */
export interface ActingController extends ControllerRecord {
  readonly term: number;
  /** ISO 8601: when its term began. */
  readonly since: string;
}

/** The status of one cluster as it was published last, for those who stand by. */
export interface PublishedStatus {
  readonly object: JupyterClusterObject;
  /** Newest last. */
  readonly events: readonly ClusterEvent[];
}

/** What the store holds, as one who stands by sees it. */
export interface SiteView {
  /** Null: nobody acts now. */
  readonly acting: ActingController | null;
  readonly memories: ReadonlyMap<ClusterKey, ClusterMemory>;
  readonly published: readonly PublishedStatus[];
  /** As Mesos gave it; null: never registered. */
  readonly frameworkId: string | null;
}

export type ViewFreshness =
  | { readonly isFresh: true }
  /** The last view is old, or there is none yet. */
  | { readonly isFresh: false; readonly reason: string };

export interface SiteWatch {
  freshness(): ViewFreshness;
  stop(): void;
}

/** What must survive the process that acts. */
export interface StateStore {
  /** What it held when this term began. */
  readonly stored: {
    readonly memories: ReadonlyMap<ClusterKey, ClusterMemory>;
    readonly tasks: ReadonlyMap<string, ObservedTask>;
    readonly frameworkId: string | null;
    /** The masters that it was registered with, as they were named; null: never registered. */
    readonly masters: string | null;
    /** Empty where {@link StateStore.specs} is null. */
    readonly specs: ReadonlyMap<ClusterKey, StoredSpec>;
  };
  /** Each resolves when this or a newer one is durable. */
  readonly memories: {
    save(key: ClusterKey, memory: ClusterMemory): Promise<void>;
    remove(key: ClusterKey): Promise<void>;
  };
  /** The last status of each task. */
  readonly tasks: {
    save(task: ObservedTask): Promise<void>;
    remove(taskId: string): Promise<void>;
  };
  saveFrameworkId(id: string | null): Promise<void>;
  /** Null: this store is of one host, where they are files that a person may edit. */
  readonly specs: {
    save(key: ClusterKey, spec: StoredSpec): Promise<void>;
    remove(key: ClusterKey): Promise<void>;
  } | null;
}

/** The time in which one controller acts. */
export interface Term {
  /** Grows with every change of who acts, over moves of the state too; never used twice. */
  readonly number: number;
  /** Every write is refused with ERR_NOT_ACTING once this term is over. */
  readonly state: StateStore;
  /**
   * False for good once another may act, by our own clock: a process that was paused finds out at
   * its first look. Asked before every effect that leaves.
   */
  isHeld(): boolean;
  /** Resolves when it is lost, with the reason; never after {@link resign}. */
  readonly lost: Promise<OperationError>;
  /** What is being written is waited for, within a bound; then the next one acts at once. Idempotent. */
  resign(): Promise<void>;
  /** What those who stand by serve. The latest wins; not waited for. */
  publish(object: JupyterClusterObject, events: readonly ClusterEvent[]): void;
  unpublish(key: ClusterKey): void;
}

export interface StateBackend {
  /** For people, without secrets: a directory's path, or `etcd://h1:2379/prefix`. */
  readonly description: string;
  /**
   * Waits until this controller is the one that acts. While the store does not answer it goes on
   * trying, and {@link problem} says why.
   *
   * @throws the signal's reason when it is aborted; OperationError ERR_STATE_VERSION,
   *   ERR_STATE_MOVED, ERR_STATE_CORRUPT, ERR_STATE_REFUSED; where it may not wait
   *   ERR_STATE_LOCKED, naming who acts
   */
  campaign(me: ControllerRecord, signal: AbortSignal): Promise<Term>;
  /** Reads only. Calls back with every change, the first view among them. */
  watch(onChange: (view: SiteView) => void): SiteWatch;
  /**
   * Who campaigns now and does not act, the first in line at the head.
   *
   * @param withinMs milliseconds that the store has to answer; left out: as long as any call
   * @throws OperationError when the store cannot be asked
   */
  standingBy(withinMs?: number): Promise<readonly ControllerRecord[]>;
  /** Why the store cannot be used now; null: it can, as far as it was tried. */
  problem(): OperationError | null;
  /** What it watches and campaigns for is ended; a term is the caller's to resign first. */
  close(): Promise<void>;
}
