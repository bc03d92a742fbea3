/**
 * How the local member is spoken to: deadlines, retries and what follows from an error are ours.
 */
import { stat } from "node:fs/promises";
import type { Etcd3 } from "etcd3";
import { type ConnectionPace, oneMember } from "../../../controller/support/etcd3-options.ts";
import { clientUrl, type EtcdTransport } from "../../../controller/model/ids.ts";
import { IDENTITY_FILE } from "../../../controller/model/tls-identity.ts";
import { nodeFiles } from "../system/node-files.ts";
import { LOOPBACK } from "./etcd-flags.ts";
import { readTlsFiles } from "./tls-files.ts";

const PACE: ConnectionPace = {
  reconnectMs: { first: 20, max: 200 },
  // Loopback loses nothing unnoticed; a member that hangs is found by the deadlines of calls.
  pingMs: { every: 30_000, timeout: 2_000 },
};

/** Milliseconds for a unary call, unless the caller says otherwise. */
const CALL_MS_MAX = 1_000;
/** Longer than any unary call takes; a watch that is cut off begins anew. */
const OUTLIVED_MS = 60_000;

/**
 * A connection that proves itself with what the node was given last: gRPC would use what it was made with
 * each time it reconnects, also when that has expired.
 */
export class LocalConnection {
  private current: Promise<Etcd3> | null = null;
  private since: number | null = null;

  constructor(private readonly transport: EtcdTransport) {}

  /** @throws Error when the node was given nothing yet */
  async client(): Promise<Etcd3> {
    const since = this.transport.tls ? (await stat(IDENTITY_FILE)).mtimeMs : null;
    if (this.current !== null && since === this.since) return this.current;
    this.replace();
    this.since = since;
    this.current = connect(this.transport);
    this.current.catch(() => (this.current = null));
    return this.current;
  }

  close(): void {
    void this.current?.then((client) => client.close());
  }

  /** What is under way on the former one comes to its end. */
  private replace(): void {
    const former = this.current;
    if (former === null) return;
    const close = () => void former.then((client) => client.close());
    setTimeout(close, OUTLIVED_MS).unref();
  }
}

/** Loading etcd3 takes some 100 ms of the processor: it happens here, not before the agent answers. */
async function connect({ tls }: EtcdTransport): Promise<Etcd3> {
  const { Etcd3 } = await import("./etcd3.ts");
  const identity = tls ? await readTlsFiles(nodeFiles) : null;
  return new Etcd3({
    ...oneMember(clientUrl(LOOPBACK, { tls }), PACE, identity),
    defaultCallOptions: (call) => (call.isStream ? {} : within(CALL_MS_MAX)),
  });
}

/** Call options with a deadline `ms` milliseconds from now. */
export function within(ms: number): { deadline: number } {
  return { deadline: Date.now() + ms };
}
