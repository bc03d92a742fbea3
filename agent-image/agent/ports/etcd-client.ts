/**
 * The local member's API, as far as the agent uses it. Every call has a deadline, in milliseconds
 * from now; one that fails throws etcd's error.
 */
import type { EtcdHealth, EtcdMember } from "../../../controller/model/agent-api.ts";

/** What a member says of itself alone. */
export type MemberHealth = Omit<EtcdHealth, "members">;

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** etcd's mod_revision; a decimal string, for it may outgrow a number. */
  readonly modRevision: string;
}

/** Keys from `start` up to, and without, `end`. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

export type KeyChange =
  | { readonly type: "put"; readonly entry: KeyValue }
  | { readonly type: "delete"; readonly key: string };

export interface KeyChanges {
  /** `0`: the key is not there. */
  readonly conditions: readonly { readonly key: string; readonly modRevision: string }[];
  readonly puts: readonly { readonly key: string; readonly value: string }[];
  /** Keys; one that is not there is no error. */
  readonly deletes: readonly string[];
}

export interface Watch {
  /**
   * Resolves when it was ended, by whomever: its time is over, the member or the connection went.
   */
  readonly ended: Promise<void>;
  end(): void;
}

export interface EtcdClient {
  status(timeoutMs: number): Promise<MemberHealth>;
  /** Linearizable, so that a list is also the proof of a quorum. */
  members(timeoutMs: number): Promise<readonly EtcdMember[]>;
  range(
    range: KeyRange,
    options: { readonly serializable: boolean; readonly timeoutMs: number },
  ): Promise<{ readonly entries: readonly KeyValue[]; readonly revision: string }>;
  /** Every change of the range from this revision on. */
  watch(
    range: KeyRange,
    from: { readonly revision: bigint; readonly timeoutMs: number },
    onChanges: (changes: readonly KeyChange[]) => void,
  ): Promise<Watch>;
  /** @returns its id */
  grantLease(ttlSeconds: number, timeoutMs: number): Promise<string>;
  /**
   * One at a time.
   *
   * @returns false when the lease has ended
   */
  keepAlive(lease: string, timeoutMs: number): Promise<boolean>;
  revokeLease(lease: string, timeoutMs: number): Promise<void>;
  put(key: string, value: string, lease: string, timeoutMs: number): Promise<void>;
  /** @returns false when the key's mod_revision is another */
  putIf(key: string, value: string, modRevision: string, timeoutMs: number): Promise<boolean>;
  /**
   * All of it, or nothing.
   *
   * @returns false when a key's mod_revision is another than its condition says
   */
  commit(changes: KeyChanges, timeoutMs: number): Promise<boolean>;
  defragment(timeoutMs: number): Promise<void>;
  /** What is still under way fails at once. */
  close(): void;
}
