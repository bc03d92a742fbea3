/** One server of the site's etcd over gRPC, by etcd3; what follows from an error is the caller's. */
import { Etcd3, type IOptions } from "etcd3";
import { rootCertificates } from "node:tls";
import { type HostPort, hostPortText } from "../../support/host-port.ts";
import { type ConnectionPace, oneServer } from "../../support/etcd3-options.ts";
import { LeaseKeepAlive } from "../../support/lease-keep-alive.ts";
import type { EtcdAuth, StoreTls } from "../state-target.ts";
import { asStoreError, isLeaseGone, isTokenEnded } from "./etcd3-errors.ts";
import { compareOf, storedKeyOf, writeOf } from "./etcd3-keys.ts";
import { watchServer } from "./etcd3-watch.ts";
import { ServerToken } from "./server-token.ts";
import type {
  KeyRange,
  RangeAnswer,
  RangeOptions,
  ServerWatch,
  StoreEtcd,
  Transaction,
  TransactionAnswer,
  WatchHandlers,
} from "./store-etcd.ts";

const PACE: ConnectionPace = {
  reconnectMs: { first: 50, max: 1_000 },
  pingMs: { every: 5_000, timeout: 2_000 },
};

export interface EtcdServerOptions {
  readonly server: HostPort;
  readonly auth: EtcdAuth | null;
  readonly tls: StoreTls | null;
}

export class Etcd3Server implements StoreEtcd {
  private readonly client: Etcd3;
  private readonly token: ServerToken;
  private readonly leases: LeaseKeepAlive;

  constructor({ server, auth, tls }: EtcdServerOptions) {
    const scheme = tls === null ? "http" : "https";
    const options = oneServer(`${scheme}://${hostPortText(server)}`, PACE);
    this.token = new ServerToken(auth, (user, callOptions) =>
      this.client.auth.authenticate(user, callOptions),
    );
    this.client = new Etcd3({
      ...options,
      ...(tls === null ? {} : { credentials: credentialsOf(tls) }),
      grpcOptions: {
        ...options.grpcOptions,
        // A page of memories may be larger than gRPC's usual 4 MiB; etcd bounds each value.
        "grpc.max_receive_message_length": -1,
        "grpc.max_send_message_length": -1,
      },
      defaultCallOptions: ({ service }) => ({ interceptors: [this.token.interceptor(service)] }),
    });
    this.leases = new LeaseKeepAlive({ client: async () => this.client });
  }

  async range(
    { start, end }: KeyRange,
    { limit, revision }: RangeOptions,
    timeoutMs: number,
  ): Promise<RangeAnswer> {
    const bytes = { key: Buffer.from(start), range_end: Buffer.from(end) };
    const request = { ...bytes, limit, ...(revision === null ? {} : { revision }) };
    const answer = await this.call(timeoutMs, (options) => this.client.kv.range(request, options));
    return {
      keys: answer.kvs.map(storedKeyOf),
      hasMore: answer.more,
      revision: Number(answer.header.revision),
    };
  }

  async transact(
    { conditions, writes, elseRead }: Transaction,
    timeoutMs: number,
  ): Promise<TransactionAnswer> {
    const request = {
      compare: conditions.map(compareOf),
      success: writes.map(writeOf),
      failure: elseRead.map((key) => ({ request_range: { key: Buffer.from(key) } })),
    };
    const answer = await this.call(timeoutMs, (options) => this.client.kv.txn(request, options));
    const { succeeded } = answer;
    const read = succeeded ? [] : answer.responses.map((one) => one.response_range?.kvs[0]);
    return {
      succeeded,
      revision: Number(answer.header.revision),
      read: read.map((kv) => (kv === undefined ? null : storedKeyOf(kv))),
    };
  }

  async grantLease(ttlSeconds: number, timeoutMs: number) {
    const granted = await this.call(timeoutMs, (options) =>
      this.client.leaseClient.leaseGrant({ TTL: ttlSeconds }, options),
    );
    return { lease: granted.ID, ttlSeconds: Number(granted.TTL) };
  }

  keepAlive(lease: string, timeoutMs: number): Promise<boolean> {
    return this.call(timeoutMs, () => this.leases.once(lease, timeoutMs));
  }

  async revokeLease(lease: string, timeoutMs: number): Promise<void> {
    await this.call(timeoutMs, async (options) => {
      try {
        await this.client.leaseClient.leaseRevoke({ ID: lease }, options);
      } catch (error) {
        if (!isLeaseGone(error)) throw error;
      }
    });
  }

  watch(range: KeyRange, fromRevision: number, told: WatchHandlers): ServerWatch {
    const open = () => this.client.watchClient.watch();
    return watchServer(open, range, fromRevision, told);
  }

  close(): void {
    this.leases.close();
    this.client.close();
  }

  private async call<T>(
    timeoutMs: number,
    run: (options: { readonly deadline: number }) => Promise<T>,
  ): Promise<T> {
    const options = { deadline: Date.now() + timeoutMs };
    try {
      await this.token.ensure(options);
      try {
        return await run(options);
      } catch (error) {
        if (!isTokenEnded(error)) throw error;
        await this.token.ensure(options);
        return await run(options);
      }
    } catch (error) {
      throw asStoreError(error);
    }
  }
}

function credentialsOf({ authority, client }: StoreTls): NonNullable<IOptions["credentials"]> {
  return {
    rootCertificate: Buffer.from(authority ?? rootCertificates.join("\n")),
    ...(client === null
      ? {}
      : { certChain: Buffer.from(client.certificate), privateKey: Buffer.from(client.key) }),
  };
}
