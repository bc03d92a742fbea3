/** What tests ask of nodes with agents, beyond their status. */
import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import { until } from "../poll.ts";
import type { AgentCluster } from "./agent-cluster.ts";
import type { AgentNode } from "./agent-node.ts";

const WAIT_MS = 30_000;

/** The statuses of all nodes, once `holds` is true of each. */
export async function eventually(
  nodes: readonly AgentNode[],
  what: string,
  holds: (status: AgentStatus) => boolean,
  waitMs = WAIT_MS,
): Promise<readonly AgentStatus[]> {
  let last: readonly AgentStatus[] = [];
  const ask = async () => {
    last = await Promise.all(nodes.map((node) => node.status()));
    return last.every(holds) && last;
  };
  return until(what, ask, waitMs).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${JSON.stringify(last)}`, { cause: error });
  });
}

/** All containers run, and each agent waits to be told what to do. */
export async function startAgents(cluster: AgentCluster): Promise<void> {
  await cluster.prepare();
  await Promise.all(cluster.nodes.map((node) => node.run()));
  await eventually(cluster.nodes, "waiting for a command", (s) => s.phase === "awaiting-start");
}

/** Quorate, named by its leader, open to ssh from each to each, and Jupyter serves everywhere. */
export function whole(cluster: AgentCluster): Promise<readonly AgentStatus[]> {
  const count = cluster.nodes.length;
  return eventually(cluster.nodes, "the whole cluster", (status) => {
    const { etcd, hosts, sshKnownSlots, units } = status;
    if (etcd?.members?.length !== count || etcd.leaderId === null) return false;
    const named = hosts?.term === etcd.raftTerm && sshKnownSlots.length === count;
    return named && units.jupyter.ready && units.sshd.ready;
  });
}

export function leads(status: AgentStatus): boolean {
  return status.etcd !== null && status.etcd.leaderId === status.etcd.memberId;
}

export function leaderOf(nodes: readonly AgentNode[]): Promise<AgentNode> {
  return until("one of the nodes leads", async () => {
    const statuses = await Promise.all(nodes.map((node) => node.status()));
    return nodes[statuses.findIndex(leads)];
  });
}

/** XXX-k -> address, for each k, as the resolver of the node answers. */
export async function resolvedNames(
  node: AgentNode,
  count: number,
): Promise<Readonly<Record<string, string>>> {
  const { cluster } = node.options.config;
  const names = Array.from({ length: count }, (_, k) => `${cluster}-${k}`);
  const text = await node.exec(["getent", "ahostsv4", ...names]);
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes("STREAM"))
      .map((line) => line.trim().split(/\s+/))
      .map(([ip = "", , name = ""]) => [name, ip]),
  );
}

/** From each node to each name: `from name -> user address`, as the other side says. */
export async function sshFromEachToEach(nodes: readonly AgentNode[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const from of nodes) {
    for (const name of Object.keys(await resolvedNames(from, nodes.length))) {
      const answer = await from.exec(["ssh", name, "whoami; hostname -I"], "admin");
      answers.push(`${from.slot} ${name} -> ${answer.trim().split(/\s+/).join(" ")}`);
    }
  }
  return answers;
}

/** What {@link sshFromEachToEach} has to say. */
export async function expectedSshAnswers(nodes: readonly AgentNode[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const from of nodes) {
    const names = await resolvedNames(from, nodes.length);
    for (const [name, ip] of Object.entries(names)) {
      answers.push(`${from.slot} ${name} -> admin ${ip}`);
    }
  }
  return answers;
}
