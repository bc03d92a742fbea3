/** What the nodes of clusters use, asked of their agents when somebody wants to know. */
import { setTimeout as delay } from "node:timers/promises";
import { agentTarget } from "./agents/connection.ts";
import { readUsage, type UsageReading } from "./agents/usage.ts";
import type { UsedByNode } from "./api/metrics/usage-metrics.ts";
import { type ClusterKey, clusterKey } from "./model/ids.ts";
import type { LeaderCandidate } from "./model/leader.ts";
import type { ClusterMemory } from "./model/memory.ts";
import type { NodeUsageStatus } from "./model/node-usage.ts";
import type { JupyterClusterObject } from "./model/resource.ts";

/** Over which processors are counted. Milliseconds. */
const WINDOW_MS = 1_000;
/** Prometheus waits for ten seconds, and for other metrics as well. */
const SCRAPE_MS_MAX = 5_000;
/** Agents that are asked at the same time. */
const ASKED_MAX = 32;

/** Where nothing is said of a node, its agent is not in sight. */
type Sight = (memory: ClusterMemory) => readonly LeaderCandidate[];

interface Read {
  readonly slot: number;
  readonly at: number;
  readonly reading: UsageReading;
}

export class NodeUsages {
  /** However many ask at once, the nodes are asked once. */
  private readonly underWay = new Map<ClusterKey, Promise<readonly NodeUsageStatus[]>>();

  constructor(private readonly nodesOf: Sight) {}

  of(object: JupyterClusterObject, memory: ClusterMemory): Promise<readonly NodeUsageStatus[]> {
    const key = clusterKey(object.metadata);
    const known = this.underWay.get(key);
    if (known !== undefined) return known;
    const reading = this.overWindow(object, memory).finally(() => this.underWay.delete(key));
    this.underWay.set(key, reading);
    return reading;
  }

  /** Of all nodes in sight that tell, as many as could be asked in the time that a scrape has for it. */
  async now(memories: ReadonlyMap<ClusterKey, ClusterMemory>): Promise<readonly UsedByNode[]> {
    const nodes = [...memories].flatMap(([key, memory]) =>
      this.nodesOf(memory)
        .filter(({ agent }) => agent !== null)
        .map((node) => ({ key, memory, node })),
    );
    const told: UsedByNode[] = [];
    const until = performance.now() + SCRAPE_MS_MAX;
    for (let from = 0; from < nodes.length && performance.now() < until; from += ASKED_MAX) {
      const some = nodes.slice(from, from + ASKED_MAX);
      const read = await Promise.all(some.map(({ memory, node }) => readNode(memory, node)));
      for (const [i, { slot, reading }] of read.entries()) {
        const { key = "" } = some[i] ?? {};
        if ("usage" in reading) told.push({ key, slot, usage: reading.usage });
      }
    }
    return told;
  }

  private async overWindow(
    { status }: JupyterClusterObject,
    memory: ClusterMemory,
  ): Promise<readonly NodeUsageStatus[]> {
    const nodes = this.nodesOf(memory).filter(({ agent }) => agent !== null);
    const readAll = () => Promise.all(nodes.map((node) => readNode(memory, node)));
    const before = await readAll();
    await delay(WINDOW_MS);
    const after = await readAll();
    return status.nodes.map(({ slot, name, hostname }) => {
      const is = (read: Read) => read.slot === slot;
      const reading = after.find(is)?.reading ?? { problem: "its agent is not in sight" };
      const usage = "usage" in reading ? reading.usage : null;
      const problem = "problem" in reading ? reading.problem : null;
      return { slot, name, hostname, usage, cpus: rate(before.find(is), after.find(is)), problem };
    });
  }
}

async function readNode(memory: ClusterMemory, { slot, ip }: LeaderCandidate): Promise<Read> {
  const reading = await readUsage(agentTarget(ip, memory));
  return { slot, at: performance.now(), reading };
}

/** Null: it did not tell twice, or its container was started in between. */
function rate(before: Read | undefined, after: Read | undefined): number | null {
  if (before === undefined || after === undefined) return null;
  if (!("usage" in before.reading) || !("usage" in after.reading)) return null;
  const seconds = (after.at - before.at) / 1000;
  const used = after.reading.usage.cpuSeconds - before.reading.usage.cpuSeconds;
  return used < 0 || seconds <= 0 ? null : used / seconds;
}
