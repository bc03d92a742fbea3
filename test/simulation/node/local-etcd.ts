/** The API of the etcd in the same container, as the agent reaches it over loopback. */
import type {
  EtcdClient,
  KeyChange,
  KeyChanges,
  KeyRange,
  KeyValue,
  MemberHealth,
  Watch,
} from "../../../agent-image/agent/ports/etcd-client.ts";
import type { EtcdMember } from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { EtcdServer } from "../etcd/server.ts";
import type { EtcdRequest, EtcdStatus, EtcdSuccess, KeyValue as Stored } from "../etcd/types.ts";
import type { EtcdProcess } from "./etcd-process.ts";

const LATENCY_MS = 1;
/** etcd itself gives up after this. */
const REQUEST_MS_MAX = 5_000;
const VERSION = "3.5.16";
/** One for all: nobody asks where it came from, and it is made often. */
const REFUSED = new Error("14 UNAVAILABLE: connection refused");

export class LocalEtcd implements EtcdClient {
  private readonly open = new Set<() => void>();
  private closed = false;

  constructor(
    private readonly process: EtcdProcess,
    /** The agent's: it may be stopped for a while. */
    private readonly clock: Clock,
  ) {}

  status(timeoutMs: number): Promise<MemberHealth> {
    return this.call(timeoutMs, (server, answer) => {
      server.door.pass(() => {
        const status = server.status();
        if (status !== null) answer(healthOf(status));
      });
    });
  }

  async members(timeoutMs: number): Promise<readonly EtcdMember[]> {
    const { members } = await this.ask({ type: "member-list", linearizable: true }, timeoutMs);
    return members.map(({ id, name, peerUrl, isLearner }) => {
      return { id, name, peerUrls: [peerUrl], isLearner };
    });
  }

  async range(
    { start, end }: KeyRange,
    { serializable, timeoutMs }: { readonly serializable: boolean; readonly timeoutMs: number },
  ) {
    const { kvs, revision } = await this.ask(
      { type: "range", start, end, serializable },
      timeoutMs,
    );
    return { entries: kvs.map(entryOf), revision: String(revision) };
  }

  watch(
    range: KeyRange,
    from: { readonly revision: bigint; readonly timeoutMs: number },
    onChanges: (changes: readonly KeyChange[]) => void,
  ): Promise<Watch> {
    const server = this.served();
    if (server === null || server.core?.isLearner === true) return this.refused();
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      let over = false;
      const stop = server.store.watches.open(Number(from.revision), {
        range,
        onChanges: (changes) => {
          const told = changes.map(({ key, kv }): KeyChange => {
            return kv === null ? { type: "delete", key } : { type: "put", entry: entryOf(kv) };
          });
          const tell = () => {
            if (!over) onChanges(told);
          };
          server.door.pass(() => this.clock.after(LATENCY_MS, tell));
        },
        onEnd: () => server.door.pass(() => this.clock.after(LATENCY_MS, () => end())),
      });
      end = () => {
        if (over) return;
        over = true;
        stop?.();
        cancel();
        forget();
        this.open.delete(end);
        resolve();
      };
      const cancel = this.clock.after(stop === null ? LATENCY_MS : from.timeoutMs, () => end());
      const forget = this.process.whenEnded(() => this.clock.after(LATENCY_MS, () => end()));
      this.open.add(end);
    });
    return Promise.resolve({ ended, end: () => end() });
  }

  async grantLease(ttlSeconds: number, timeoutMs: number): Promise<string> {
    const { lease } = await this.ask({ type: "lease-grant", ttlSeconds }, timeoutMs);
    if (lease === null) throw new Error("a granted lease has no name");
    return lease;
  }

  async keepAlive(id: string, timeoutMs: number): Promise<boolean> {
    return (await this.ask({ type: "lease-keep-alive", id }, timeoutMs)).succeeded;
  }

  async revokeLease(id: string, timeoutMs: number): Promise<void> {
    await this.ask({ type: "lease-revoke", id }, timeoutMs);
  }

  async put(key: string, value: string, lease: string, timeoutMs: number): Promise<void> {
    await this.ask({ type: "put", key, value, lease }, timeoutMs);
  }

  async putIf(key: string, value: string, revision: string, timeoutMs: number): Promise<boolean> {
    const compare = [{ key, field: "modRevision", equals: Number(revision) }] as const;
    const success = [{ type: "put", key, value }] as const;
    const request = { type: "txn", compare, success, failure: [] } as const;
    return (await this.ask(request, timeoutMs)).succeeded;
  }

  async commit({ conditions, puts, deletes }: KeyChanges, timeoutMs: number): Promise<boolean> {
    const compare = conditions.map(({ key, modRevision }) => {
      return { key, field: "modRevision", equals: Number(modRevision) } as const;
    });
    const success = [
      ...puts.map(({ key, value }) => ({ type: "put", key, value }) as const),
      ...deletes.map((key) => ({ type: "delete", key }) as const),
    ];
    return (await this.ask({ type: "txn", compare, success, failure: [] }, timeoutMs)).succeeded;
  }

  /** Done at once: the simulated database has no pages. */
  defragment(timeoutMs: number): Promise<void> {
    return this.call(timeoutMs, (_, answer) => answer(undefined));
  }

  close(): void {
    this.closed = true;
    for (const end of this.open) end();
  }

  private ask(request: EtcdRequest, timeoutMs: number): Promise<EtcdSuccess> {
    return this.call(timeoutMs, (server, answer, fail) => {
      server.request(request, REQUEST_MS_MAX, (given) => {
        if (given.ok) answer(given);
        else fail(given.error);
      });
    });
  }

  private call<T>(
    timeoutMs: number,
    make: (server: EtcdServer, answer: (value: T) => void, fail: (message: string) => void) => void,
  ): Promise<T> {
    const server = this.served();
    if (server === null) return this.refused();
    const { clock } = this;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        cancel();
        forget();
        this.open.delete(cut);
        finish();
      };
      const fail = (message: string) => settle(() => reject(new Error(message)));
      const cut = () => fail("14 UNAVAILABLE: Connection dropped");
      const cancel = clock.after(timeoutMs, () => fail("4 DEADLINE_EXCEEDED: Deadline exceeded"));
      const forget = this.process.whenEnded(() => clock.after(LATENCY_MS, cut));
      this.open.add(cut);
      make(
        server,
        (value) => clock.after(LATENCY_MS, () => settle(() => resolve(value))),
        (message) => clock.after(LATENCY_MS, () => fail(message)),
      );
    });
  }

  private served(): EtcdServer | null {
    const { server } = this.process;
    return this.closed || server?.ready !== true ? null : server;
  }

  private refused(): Promise<never> {
    return Promise.reject(REFUSED);
  }
}

function healthOf(status: EtcdStatus): MemberHealth {
  const { memberId, clusterId, raftTerm, raftIndex, leaderId, isLearner, revision } = status;
  const { dbSizeBytes, alarms } = status;
  return {
    ...{
      memberId,
      clusterId,
      version: VERSION,
      raftTerm,
      raftIndex,
      leaderId,
      isLearner,
      revision,
    },
    ...{ dbSizeBytes, dbSizeInUseBytes: dbSizeBytes },
    alarms: alarms.map(() => ({ memberId, alarm: "NOSPACE" })),
  };
}

function entryOf({ key, value, modRevision }: Stored): KeyValue {
  return { key, value, modRevision: String(modRevision) };
}
