/** How a cluster is, for whoever reads why a test has failed. */
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { runCommand } from "./run-command.ts";

const NODE_LOG_LINES = 25;
const ETCD_LOG = "/var/lib/jupyter-cluster/logs/etcd.log";

export function describeCluster(object: JupyterClusterObject | null): string {
  if (object === null) return "the API never answered";
  const conditions = object.status.conditions.map((c) => `${c.type}=${c.status} ${c.message}`);
  const nodes = object.status.nodes.map((n) => `${n.slot} ${n.name} ${n.phase} ${n.message}`);
  const errors = object.status.lastErrors.map((e) => `${e.code} ${e.operation}: ${e.message}`);
  return [...conditions, ...nodes, ...errors].join("\n");
}

/** The last that each node's agent and etcd have written. */
export async function nodeLogs(object: JupyterClusterObject | null): Promise<string> {
  const logs = (object?.status.nodes ?? []).map(async ({ slot, container }) => {
    if (container === null) return `slot ${slot} has no container`;
    const lines = ["--lines", String(NODE_LOG_LINES)];
    const [agent, etcd] = await Promise.all([
      docker("logs", "--tail", String(NODE_LOG_LINES), container),
      docker("exec", "--user", "root", container, "tail", ...lines, ETCD_LOG),
    ]);
    return `log of slot ${slot}:\n${agent}etcd of slot ${slot}:\n${etcd}`;
  });
  return (await Promise.all(logs)).join("\n");
}

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runCommand("docker", args, { timeoutMs: 10_000 });
  return stdout + stderr;
}
