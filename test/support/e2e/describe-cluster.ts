/** How a cluster is, for whoever reads why a test has failed. */
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { runCommand } from "./run-command.ts";

const NODE_LOG_LINES = 25;

export function describeCluster(object: JupyterClusterObject | null): string {
  if (object === null) return "the API never answered";
  const conditions = object.status.conditions.map((c) => `${c.type}=${c.status} ${c.message}`);
  const nodes = object.status.nodes.map((n) => `${n.slot} ${n.name} ${n.phase} ${n.message}`);
  const errors = object.status.lastErrors.map((e) => `${e.code} ${e.operation}: ${e.message}`);
  return [...conditions, ...nodes, ...errors].join("\n");
}

/** The last that each node has written. */
export async function nodeLogs(object: JupyterClusterObject | null): Promise<string> {
  const logs = (object?.status.nodes ?? []).map(async ({ slot, container }) => {
    if (container === null) return `slot ${slot} has no container`;
    const args = ["logs", "--tail", String(NODE_LOG_LINES), container];
    const { stdout, stderr } = await runCommand("docker", args, { timeoutMs: 10_000 });
    return `log of slot ${slot}:\n${stdout}${stderr}`;
  });
  return (await Promise.all(logs)).join("\n");
}
