/** One etcd3 client for one member. Retries, endpoints and deadlines are ours (endpoint-calls.ts). */
import { Etcd3 } from "etcd3";
import { type ConnectionPace, oneMember } from "../support/etcd3-options.ts";

const PACE: ConnectionPace = {
  reconnectMs: { first: 50, max: 500 },
  pingMs: { every: 5_000, timeout: 1_000 },
};

/** @param url client URL of the member, e.g. `http://172.30.0.10:2379` */
export function memberClient(url: string): Etcd3 {
  return new Etcd3(oneMember(url, PACE));
}
