/**
 * How the local member is spoken to: deadlines, retries and what follows from an error are ours.
 */
import type { Etcd3 } from "etcd3";
import { type ConnectionPace, oneMember } from "../../../controller/support/etcd3-options.ts";
import { clientUrl, type EtcdTransport } from "../../../controller/model/ids.ts";
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

/**
 * A client with a connection of its own. Loading etcd3 takes some 100 ms of the processor, so it
 * happens with the first client and not before the agent answers.
 */
export async function connect({ tls }: EtcdTransport): Promise<Etcd3> {
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
