/** The etcd of a site as its target names it: one connection to each of its servers. */
import { monotonicMs } from "../../support/clock.ts";
import { type EtcdTarget, stateTargetText } from "../state-target.ts";
import { EtcdBackend, type EtcdBackendOptions } from "./etcd-backend.ts";
import { Etcd3Server } from "./etcd3-server.ts";

type Options = Pick<EtcdBackendOptions, "ttlSeconds" | "masters" | "waits" | "clock" | "log">;

/** Dials nothing yet. */
export function openEtcd(target: EtcdTarget, options: Options): EtcdBackend {
  const { prefix } = target;
  const site = { description: stateTargetText(target), prefix, servers: serversOf(target) };
  return new EtcdBackend({ ...options, ...site, monotonicMs });
}

export function serversOf({ servers, auth, tls }: EtcdTarget): readonly Etcd3Server[] {
  return servers.map((server) => new Etcd3Server({ server, auth, tls }));
}
