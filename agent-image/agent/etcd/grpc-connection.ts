/**
 * How the local member is spoken to. etcd3 is used for its connection and its wire types;
 * deadlines, retries and what follows from an error are ours, so its own fault handling is off:
 * its circuit breaker would keep the member out for 5 s after three failures.
 */
import type { Etcd3, IOptions } from "etcd3";
import { LOCAL_CLIENT_URL } from "./etcd-flags.ts";

type FaultHandling = NonNullable<IOptions["faultHandling"]>;
type Policy = NonNullable<FaultHandling["global"]>;

const noEvent = () => ({ dispose: () => undefined });

const callThrough = {
  onSuccess: noEvent,
  onFailure: noEvent,
  execute: async (call: (context: { signal: AbortSignal }) => unknown) =>
    call({ signal: new AbortController().signal }),
} as unknown as Policy;

const GRPC_OPTIONS = {
  "grpc.initial_reconnect_backoff_ms": 20,
  "grpc.min_reconnect_backoff_ms": 20,
  "grpc.max_reconnect_backoff_ms": 200,
  // Loopback loses nothing unnoticed; a member that hangs is found by the deadlines of calls.
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 2_000,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  // Clients share no connection: a stuck watch must not delay a status.
  "grpc.use_local_subchannel_pool": 1,
};

/** Milliseconds for a unary call, unless the caller says otherwise. */
const CALL_MS_MAX = 1_000;

/**
 * A client with a connection of its own. Loading etcd3 takes some 100 ms of the processor, so it
 * happens with the first client and not before the agent answers.
 */
export async function connect(): Promise<Etcd3> {
  const { Etcd3 } = await import("./etcd3.ts");
  return new Etcd3({
    hosts: LOCAL_CLIENT_URL,
    grpcOptions: GRPC_OPTIONS,
    faultHandling: { global: callThrough, host: () => callThrough },
    defaultCallOptions: (call) => (call.isStream ? {} : within(CALL_MS_MAX)),
  });
}

/** Call options with a deadline `ms` milliseconds from now. */
export function within(ms: number): { deadline: number } {
  return { deadline: Date.now() + ms };
}
