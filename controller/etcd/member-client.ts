/**
 * One etcd3 client for one member. Retries, endpoints and deadlines are ours (endpoint-calls.ts),
 * so everything that etcd3 and grpc-js would do on their own is switched off here.
 */
import { Etcd3, type IOptions } from "etcd3";

type FaultHandling = NonNullable<IOptions["faultHandling"]>;
type Policy = NonNullable<FaultHandling["global"]>;

const noEvent = () => ({ dispose: () => undefined });

/**
 * Calls through, and nothing else. etcd3's own circuit breaker keeps a member out for 5 s after
 * three failures, which is longer than the outage that caused them.
 */
const callThrough = {
  onSuccess: noEvent,
  onFailure: noEvent,
  execute: async (call: (context: { signal: AbortSignal }) => unknown) =>
    call({ signal: new AbortController().signal }),
} as unknown as Policy;

const GRPC_OPTIONS = {
  // A member that died and came back is dialled again at once, not after grpc's 20 s.
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.min_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 500,
  // etcd answers more than one ping per 5 s with GOAWAY.
  "grpc.keepalive_time_ms": 5_000,
  "grpc.keepalive_timeout_ms": 1_000,
  "grpc.enable_retries": 0,
  // Members have addresses of the container network: never through a proxy of the environment.
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  // A closed client takes its connections with it.
  "grpc.use_local_subchannel_pool": 1,
};

/** @param url client URL of the member, e.g. `http://172.30.0.10:2379` */
export function memberClient(url: string): Etcd3 {
  return new Etcd3({
    hosts: url,
    grpcOptions: GRPC_OPTIONS,
    faultHandling: { global: callThrough, host: () => callThrough },
  });
}
