/** The spec under test: what the edits change, and the text of its file. */
import type { LocalCluster } from "../support/e2e/local-cluster.ts";

export interface Spec {
  readonly replicas: number;
  readonly cpus: number;
  readonly heartbeatMs: number;
}

export const FIRST_SPEC: Spec = { replicas: 3, cpus: 0.1, heartbeatMs: 20 };

export function specText(cluster: LocalCluster, { replicas, cpus, heartbeatMs }: Spec): string {
  const etcd = `heartbeatMilliseconds: ${heartbeatMs}, electionMilliseconds: ${10 * heartbeatMs}`;
  const base = cluster.specText(replicas).replace("cpus: 0.1", `cpus: ${cpus}`);
  return `${base}  etcd: { ${etcd} }\n`;
}
