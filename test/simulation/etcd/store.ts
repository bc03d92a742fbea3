/** The replicated state of etcd: keys with revisions, members, alarms. Changed by commands only. */
import type { ConfigurationChange } from "../raft/types.ts";
import {
  type Comparison,
  ERRORS,
  type EtcdAnswer,
  type EtcdRefusal,
  type EtcdSnapshot,
  type EtcdSuccess,
  type KeyChange,
  type KeyValue,
  type MemberInfo,
  type Operation,
} from "./types.ts";
import { Watches } from "./watches.ts";

export type Command =
  | {
      readonly type: "txn";
      readonly compare: readonly Comparison[];
      readonly success: readonly Operation[];
      readonly failure: readonly Operation[];
    }
  | { readonly type: "publish"; readonly memberId: string; readonly name: string }
  | { readonly type: "lease-grant"; readonly id: string; readonly ttlSeconds: number }
  | { readonly type: "lease-revoke"; readonly id: string };

/** Immutable. */
export interface EtcdState {
  readonly revision: number;
  readonly kvs: ReadonlyMap<string, KeyValue>;
  readonly members: ReadonlyMap<string, MemberInfo>;
  /** Ids that will never be members again. */
  readonly removed: ReadonlySet<string>;
  readonly leases: ReadonlyMap<string, number>;
  readonly bytes: number;
}

/** An empty database, and what each version of a key takes beside its own bytes. */
const EMPTY_BYTES = 20_480;
const VERSION_BYTES = 64;
const PAGE_BYTES = 4_096;
const LEARNERS_MAX = 1;

export class EtcdStore {
  private revision = 1;
  private kvs = new Map<string, KeyValue>();
  private byId = new Map<string, MemberInfo>();
  private removed = new Set<string>();
  /** Id -> seconds. */
  private leaseTtls = new Map<string, number>();
  private changes: KeyChange[] = [];
  readonly watches = new Watches();
  private memberChanges = 0;
  private bytes = EMPTY_BYTES;

  /** @param quotaBytes beyond which nothing more is taken in */
  constructor(private readonly quotaBytes: number) {}

  capture(): EtcdState {
    return {
      revision: this.revision,
      kvs: new Map(this.kvs),
      members: new Map(this.byId),
      removed: new Set(this.removed),
      leases: new Map(this.leaseTtls),
      bytes: this.bytes,
    };
  }

  restore(state: EtcdState): void {
    this.revision = state.revision;
    this.kvs = new Map(state.kvs);
    this.byId = new Map(state.members);
    this.memberChanges += 1;
    this.removed = new Set(state.removed);
    this.leaseTtls = new Map(state.leases);
    this.bytes = state.bytes;
    this.watches.reset(state.revision);
  }

  snapshot(): EtcdSnapshot {
    const { revision, kvs, leaseTtls } = this;
    return { revision, kvs: [...kvs.values()], leases: [...leaseTtls] };
  }

  apply(command: Command): EtcdAnswer {
    const answer = this.carryOut(command);
    const { changes } = this;
    this.changes = [];
    if (changes.length > 0) this.watches.add(changes);
    return answer;
  }

  private carryOut(command: Command): EtcdAnswer {
    switch (command.type) {
      case "publish": {
        const member = this.byId.get(command.memberId);
        this.memberChanges += 1;
        if (member !== undefined) this.byId.set(member.id, { ...member, name: command.name });
        return this.success({});
      }
      case "lease-grant":
        this.leaseTtls.set(command.id, command.ttlSeconds);
        return this.success({ lease: command.id });
      case "lease-revoke":
        return this.revoke(command.id);
      case "txn":
        return this.transact(command);
    }
  }

  private transact(command: Extract<Command, { readonly type: "txn" }>): EtcdAnswer {
    const succeeded = command.compare.every((comparison) => this.holds(comparison));
    const operations = succeeded ? command.success : command.failure;
    if (operations.some((o) => o.type === "put") && this.full) return refusal(ERRORS.noSpace);
    if (operations.some((o) => this.lacksLease(o))) return refusal(ERRORS.leaseNotFound);
    const writes = operations.some((o) => o.type === "put" || this.deletes(o));
    if (writes) this.revision += 1;
    const kvs = operations.flatMap((operation) => this.operate(operation));
    return this.success({ succeeded, kvs });
  }

  /** @returns why a committed change of members is not carried out; null when it is */
  refuses(change: ConfigurationChange): string | null {
    const { type, id, context } = change;
    const member = this.byId.get(id);
    if (this.removed.has(id)) return ERRORS.memberNotFound;
    switch (type) {
      case "add-voter":
      case "add-learner": {
        const { peerUrl } = context as MemberInfo;
        if (member !== undefined) return ERRORS.memberExists;
        if (this.members.some((m) => m.peerUrl === peerUrl)) return ERRORS.peerUrlExists;
        const learners = this.members.filter((m) => m.isLearner).length;
        const tooMany = type === "add-learner" && learners >= LEARNERS_MAX;
        return tooMany ? ERRORS.tooManyLearners : null;
      }
      case "promote":
        if (member === undefined) return ERRORS.memberNotFound;
        return member.isLearner ? null : ERRORS.notALearner;
      case "remove": {
        if (member === undefined) return ERRORS.memberNotFound;
        const others = this.members.filter((m) => !m.isLearner && m.id !== id);
        return others.length === 0 ? ERRORS.notEnoughStarted : null;
      }
    }
  }

  /** Of a change that is not refused. */
  change({ type, id, context }: ConfigurationChange): void {
    const member = this.byId.get(id);
    this.memberChanges += 1;
    if (type === "remove") {
      this.byId.delete(id);
      this.removed.add(id);
    } else if (type === "promote") {
      if (member !== undefined) this.byId.set(id, { ...member, isLearner: false });
    } else this.byId.set(id, context as MemberInfo);
  }

  /** Another number after every change of the members. */
  get membersVersion(): number {
    return this.memberChanges;
  }

  get members(): readonly MemberInfo[] {
    return [...this.byId.values()];
  }

  member(id: string): MemberInfo | undefined {
    return this.byId.get(id);
  }

  isRemoved(id: string): boolean {
    return this.removed.has(id);
  }

  get(key: string): KeyValue | undefined {
    return this.kvs.get(key);
  }

  list(prefix: string): readonly KeyValue[] {
    const found = [...this.kvs.values()].filter((kv) => kv.key.startsWith(prefix));
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  range(start: string, end: string): readonly KeyValue[] {
    const found = [...this.kvs.values()].filter((kv) => kv.key >= start && kv.key < end);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Id -> seconds. */
  get leases(): ReadonlyMap<string, number> {
    return this.leaseTtls;
  }

  get revisionNow(): number {
    return this.revision;
  }

  get sizeBytes(): number {
    return Math.ceil(this.bytes / PAGE_BYTES) * PAGE_BYTES;
  }

  get full(): boolean {
    return this.bytes >= this.quotaBytes;
  }

  success(parts: Partial<Omit<EtcdSuccess, "ok" | "revision">>): EtcdSuccess {
    return {
      ok: true,
      revision: this.revision,
      succeeded: true,
      kvs: [],
      members: [],
      member: null,
      lease: null,
      snapshot: null,
      ...parts,
    };
  }

  private holds({ key, field, equals }: Comparison): boolean {
    const kv = this.kvs.get(key);
    if (kv === undefined) return equals === (field === "value" ? "" : 0);
    return kv[field] === equals;
  }

  private lacksLease(operation: Operation): boolean {
    return operation.type === "put" && operation.lease !== undefined
      ? !this.leaseTtls.has(operation.lease)
      : false;
  }

  private revoke(id: string): EtcdAnswer {
    if (!this.leaseTtls.delete(id)) return refusal(ERRORS.leaseNotFound);
    const keys = [...this.kvs.values()].filter((kv) => kv.lease === id).map((kv) => kv.key);
    if (keys.length > 0) this.revision += 1;
    for (const key of keys) this.operate({ type: "delete", key });
    return this.success({});
  }

  private deletes(operation: Operation): boolean {
    return operation.type === "delete" && this.kvs.has(operation.key);
  }

  private operate(operation: Operation): readonly KeyValue[] {
    const { type, key } = operation;
    const before = this.kvs.get(key);
    if (type === "get") return before === undefined ? [] : [before];
    this.bytes += VERSION_BYTES + key.length;
    if (type === "delete") {
      this.kvs.delete(key);
      if (before !== undefined) this.changes.push({ revision: this.revision, key, kv: null });
      return before === undefined ? [] : [before];
    }
    this.bytes += operation.value.length;
    const { revision } = this;
    const kv: KeyValue = {
      key,
      value: operation.value,
      createRevision: before?.createRevision ?? revision,
      modRevision: revision,
      version: (before?.version ?? 0) + 1,
      lease: operation.lease ?? null,
    };
    this.kvs.set(key, kv);
    this.changes.push({ revision, key, kv });
    return [];
  }
}

export function refusal(error: string): EtcdRefusal {
  return { ok: false, error };
}

/** The state of a cluster in its first moment, or after a restored snapshot. */
export function initialState(
  members: readonly MemberInfo[],
  from: EtcdSnapshot | null = null,
): EtcdState {
  const kvs = from?.kvs ?? [];
  const bytes = kvs.reduce(
    (sum, kv) => sum + VERSION_BYTES + kv.key.length + kv.value.length,
    EMPTY_BYTES,
  );
  return {
    revision: from?.revision ?? 1,
    kvs: new Map(kvs.map((kv) => [kv.key, kv])),
    members: new Map(members.map((m) => [m.id, m])),
    removed: new Set(),
    leases: new Map(from?.leases ?? []),
    bytes,
  };
}
