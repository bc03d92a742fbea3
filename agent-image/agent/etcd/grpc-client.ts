/** The local member's API over loopback. */
import type { IEvent } from "etcd3";
import type { EtcdTransport } from "../../../controller/model/ids.ts";
import { LeaseKeepAlive } from "../../../controller/support/lease-keep-alive.ts";
import type {
  EtcdClient,
  KeyChange,
  KeyChanges,
  KeyRange,
  KeyValue,
  Watch,
} from "../ports/etcd-client.ts";
import { LocalConnection, within } from "./grpc-connection.ts";
import { healthFrom, membersFrom } from "./health.ts";

export async function connectLocalEtcd(transport: EtcdTransport): Promise<EtcdClient> {
  const connection = new LocalConnection(transport);
  await connection.client();
  return new GrpcClient(connection);
}

class GrpcClient implements EtcdClient {
  private readonly leases: LeaseKeepAlive;

  constructor(private readonly connection: LocalConnection) {
    this.leases = new LeaseKeepAlive(connection);
  }

  async status(timeoutMs: number) {
    const { maintenance } = await this.connection.client();
    return healthFrom(await maintenance.status(within(timeoutMs)));
  }

  async members(timeoutMs: number) {
    const { cluster } = await this.connection.client();
    return membersFrom(await cluster.memberList({ linearizable: true }, within(timeoutMs)));
  }

  async range(
    range: KeyRange,
    { serializable, timeoutMs }: { readonly serializable: boolean; readonly timeoutMs: number },
  ) {
    const request = { ...bytesOf(range), serializable };
    const { kv } = await this.connection.client();
    const answer = await kv.range(request, within(timeoutMs));
    return { entries: answer.kvs.map(entryOf), revision: answer.header.revision };
  }

  async watch(
    range: KeyRange,
    from: { readonly revision: bigint; readonly timeoutMs: number },
    onChanges: (changes: readonly KeyChange[]) => void,
  ): Promise<Watch> {
    const { watchClient } = await this.connection.client();
    const stream = await watchClient.watch(within(from.timeoutMs));
    let end = () => stream.cancel();
    const ended = new Promise<void>((resolve) => {
      end = () => {
        stream.cancel();
        resolve();
      };
      stream.on("data", (answer) => {
        if (answer.canceled) return end();
        if (answer.events.length > 0) onChanges(answer.events.map(changeOf));
      });
      // The deadline, a member that ended, a lost connection: the next list tells what is true.
      stream.on("error", () => resolve());
      stream.on("end", () => resolve());
    });
    stream.write({
      create_request: { ...bytesOf(range), start_revision: String(from.revision) },
    });
    return { ended, end: () => end() };
  }

  async grantLease(ttlSeconds: number, timeoutMs: number): Promise<string> {
    const { leaseClient } = await this.connection.client();
    return (await leaseClient.leaseGrant({ TTL: ttlSeconds }, within(timeoutMs))).ID;
  }

  keepAlive(lease: string, timeoutMs: number): Promise<boolean> {
    return this.leases.once(lease, timeoutMs);
  }

  async revokeLease(lease: string, timeoutMs: number): Promise<void> {
    const { leaseClient } = await this.connection.client();
    await leaseClient.leaseRevoke({ ID: lease }, within(timeoutMs));
  }

  async put(key: string, value: string, lease: string, timeoutMs: number): Promise<void> {
    const pair = { key: Buffer.from(key), value: Buffer.from(value) };
    const { kv } = await this.connection.client();
    await kv.put({ ...pair, lease }, within(timeoutMs));
  }

  async putIf(
    key: string,
    value: string,
    modRevision: string,
    timeoutMs: number,
  ): Promise<boolean> {
    const client = await this.connection.client();
    const name = Buffer.from(key);
    const answer = await client
      .if(name, "Mod", "==", modRevision)
      .then(client.put(name).value(value))
      .options(within(timeoutMs))
      .commit();
    return answer.succeeded;
  }

  async commit({ conditions, puts, deletes }: KeyChanges, timeoutMs: number): Promise<boolean> {
    const { kv } = await this.connection.client();
    const compare = conditions.map(({ key, modRevision }) => ({
      key: Buffer.from(key),
      target: "Mod" as const,
      result: "Equal" as const,
      mod_revision: modRevision,
    }));
    const success = [
      ...puts.map(({ key, value }) => ({
        request_put: { key: Buffer.from(key), value: Buffer.from(value) },
      })),
      ...deletes.map((key) => ({ request_delete_range: { key: Buffer.from(key) } })),
    ];
    return (await kv.txn({ compare, success, failure: [] }, within(timeoutMs))).succeeded;
  }

  async defragment(timeoutMs: number): Promise<void> {
    const { maintenance } = await this.connection.client();
    await maintenance.defragment(within(timeoutMs));
  }

  close(): void {
    this.leases.close();
    this.connection.close();
  }
}

function bytesOf({ start, end }: KeyRange): { key: Buffer; range_end: Buffer } {
  return { key: Buffer.from(start), range_end: Buffer.from(end) };
}

function changeOf({ type, kv }: IEvent): KeyChange {
  // The wire's name; etcd3's types spell it in another case.
  if (type.toUpperCase() === "DELETE") return { type: "delete", key: kv.key.toString() };
  return { type: "put", entry: entryOf(kv) };
}

function entryOf(kv: { key: Buffer; value: Buffer; mod_revision: string }): KeyValue {
  const [key, value] = [kv.key.toString(), kv.value.toString()];
  return { key, value, modRevision: kv.mod_revision };
}
