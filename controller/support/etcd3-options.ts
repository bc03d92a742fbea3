/**
 * etcd3 as a connection to one member, and nothing more. Which member, how often and how long is
 * for the caller to say, so everything that etcd3 and grpc-js would do on their own is switched
 * off. Only types are imported: loading etcd3 costs a process some 100 ms.
 */
import type { IOptions } from "etcd3";
import { MEMBER_SERVER_NAME, type TlsKeys } from "../model/tls-identity.ts";

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

/** All in milliseconds. */
export interface ConnectionPace {
  readonly reconnectMs: { readonly first: number; readonly max: number };
  /** etcd answers more than one ping per 5 s with GOAWAY. */
  readonly pingMs: { readonly every: number; readonly timeout: number };
}

/**
 * @param url client URL of the member, e.g. `https://172.30.0.10:2379`
 * @param identity of the client; null: the member speaks without TLS
 */
export function oneMember(url: string, pace: ConnectionPace, identity: TlsKeys | null): IOptions {
  const options = oneServer(url, pace);
  if (identity === null) return options;
  const { grpcOptions } = options;
  return {
    ...options,
    credentials: credentialsOf(identity),
    grpcOptions: { ...grpcOptions, "grpc.ssl_target_name_override": MEMBER_SERVER_NAME },
  };
}

/** Of any etcd. @param url `https://…`: with TLS, for which `credentials` may be added */
export function oneServer(
  url: string,
  { reconnectMs, pingMs }: ConnectionPace,
): IOptions & Required<Pick<IOptions, "grpcOptions">> {
  return {
    hosts: url,
    faultHandling: { global: callThrough, host: () => callThrough },
    grpcOptions: {
      // A member that died and came back is dialled again at once, not after grpc's 20 s.
      "grpc.initial_reconnect_backoff_ms": reconnectMs.first,
      "grpc.min_reconnect_backoff_ms": reconnectMs.first,
      "grpc.max_reconnect_backoff_ms": reconnectMs.max,
      "grpc.keepalive_time_ms": pingMs.every,
      "grpc.keepalive_timeout_ms": pingMs.timeout,
      "grpc.enable_retries": 0,
      // Members have addresses of the container network: never through a proxy of the environment.
      "grpc.enable_http_proxy": 0,
      "grpc.service_config_disable_resolution": 1,
      // Clients share no connection: a closed one takes its own with it, a stuck one delays nobody.
      "grpc.use_local_subchannel_pool": 1,
    },
  };
}

function credentialsOf({ authority, certificate, key }: TlsKeys) {
  return {
    rootCertificate: Buffer.from(authority),
    certChain: Buffer.from(certificate),
    privateKey: Buffer.from(key),
  };
}
