/** When is a running container out of date? */
import { createHash } from "node:crypto";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { ownValues } from "../../../crd-schema/storage/table.ts";

/** Of a spec, which is never changed but replaced: the last image asked for, and its hash. */
const known = new WeakMap<ClusterSpec, { readonly image: string; readonly hash: string }>();

/**
 * Fingerprint of exactly what a running container cannot change: its image, resources, network
 * address and mounts, and what its environment tells the agent (model/agent-api.ts, NodeConfig).
 * Not in it: what is the controller's own business (replicas, proxy, placement, policies), so that
 * changing that restarts nothing.
 *
 * @param image the resolved reference, never null
 * @returns 16 hexadecimal digits
 */
export function templateHash(spec: ClusterSpec, image: string): string {
  const before = known.get(spec);
  if (before?.image === image) return before.hash;
  const hash = computeHash(spec, image);
  known.set(spec, { image, hash });
  return hash;
}

function computeHash(spec: ClusterSpec, image: string): string {
  const { resources, network, storage, etcd, jupyter, kernels, ssh } = spec;
  const { shared } = storage;
  // A list, not an object: its order is fixed here, whatever order the spec's fields have.
  const template: readonly (string | number | boolean | readonly string[])[] = [
    image,
    resources.cpus,
    resources.memoryMiB,
    resources.diskMiB,
    resources.pids,
    network.name,
    network.firstAddress,
    shared.type,
    shared.mountPath,
    // What is not asked for is left out, as if there were no such field.
    ...ownValues(shared).flatMap(([, value]) => (value ? [value] : [])),
    etcd.tls,
    etcd.dataVolume,
    etcd.heartbeatMs,
    etcd.electionMs,
    etcd.quotaMiB,
    jupyter.port,
    jupyter.auth,
    jupyter.standby,
    ...(jupyter.idle.kernelsAfterSeconds > 0 || jupyter.idle.terminalsAfterSeconds > 0
      ? [`idle ${jupyter.idle.kernelsAfterSeconds} ${jupyter.idle.terminalsAfterSeconds}`]
      : []),
    ...(kernels.placement === "server"
      ? []
      : [`kernels ${kernels.placement} ${kernels.memoryMiB ?? "-"} ${kernels.processes}`]),
    ssh.user,
    // The order of keys means nothing to sshd.
    [...ssh.authorizedKeys].sort(),
  ];
  return createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 16);
}
