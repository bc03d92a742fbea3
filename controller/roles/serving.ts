/**
 * What serves users whichever controller acts: the streams of the nodes' agents, and the proxies that
 * follow the leader from them. It lives through every change of role, so that no request is cut.
 */
import { AgentStreams } from "../agents/agent-streams.ts";
import { type AgentTarget, agentTarget } from "../agents/connection.ts";
import type { CorePorts } from "../core-ports.ts";
import { type ClusterKey, clusterKey, slotAddress } from "../model/ids.ts";
import { type LeaderCandidate, ofCluster } from "../model/leader.ts";
import { beginningOf, type ClusterMemory, clusterIdOf, memoryOfTask } from "../model/memory.ts";
import { ProxyRegistry } from "../proxy/proxy-registry.ts";

/** Whoever knows the clusters now: the acting part, or what stands by. */
export interface ServingRole {
  memories(): ReadonlyMap<ClusterKey, ClusterMemory>;
  /** An agent has said something new, or a proxy is another than before. */
  changed(key: ClusterKey): void;
}

const NOBODY: ServingRole = { memories: () => new Map(), changed: () => undefined };

export class Serving {
  readonly streams: AgentStreams;
  readonly proxies: ProxyRegistry;
  private role: ServingRole = NOBODY;
  private readonly listeners = new Set<(taskId: string) => void>();
  /** Task ids whose agents are listened to, per cluster. */
  private readonly listened = new Map<ClusterKey, ReadonlySet<string>>();

  constructor(
    private readonly ports: Pick<
      CorePorts,
      "clock" | "log" | "connectAgent" | "newProxy" | "interposed"
    >,
  ) {
    const { clock, log, connectAgent, newProxy } = ports;
    this.streams = new AgentStreams({
      clock,
      log,
      connect: connectAgent,
      onChange: (taskId) => this.agentChanged(taskId),
    });
    this.proxies = new ProxyRegistry({
      clock,
      log,
      newProxy,
      onChange: (key) => this.role.changed(key),
    });
  }

  /** From now on it is this role that knows the clusters; what is served goes on. */
  enter(role: ServingRole): void {
    this.role = role;
  }

  /** Told of each agent that says something new. @returns ends it */
  onAgent(listener: (taskId: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Listens to these agents of the cluster, and to no others of it. */
  listen(key: ClusterKey, targets: ReadonlyMap<string, AgentTarget>): void {
    for (const [taskId, target] of targets) this.streams.connect(taskId, target);
    for (const taskId of this.listenedOf(key)) {
      if (!targets.has(taskId)) this.streams.disconnect(taskId);
    }
    this.listened.set(key, new Set(targets.keys()));
  }

  listenedOf(key: ClusterKey): ReadonlySet<string> {
    return this.listened.get(key) ?? new Set();
  }

  /** The nodes as their agents show them now. */
  candidates(memory: ClusterMemory): readonly LeaderCandidate[] {
    const { firstAddress } = memory.cluster.spec.network;
    const nodes = memory.slots.map(({ slot, task }) => {
      const source = task ? this.streams.observe(task.taskId) : undefined;
      const agent = source?.freshness === "fresh" ? source.value : null;
      return { slot, ip: slotAddress(firstAddress, slot), agent };
    });
    return ofCluster(nodes, clusterIdOf(memory), memory.recovery.abandoned);
  }

  /** Points the cluster's proxy at the node that leads and serves. */
  follow(memory: ClusterMemory): void {
    const { metadata, spec } = memory.cluster;
    const inSight = this.candidates(memory);
    const nodes = this.ports.interposed?.followed(inSight) ?? inSight;
    const cluster = { jupyterPort: spec.jupyter.port, epoch: beginningOf(memory) };
    this.proxies.follow(clusterKey(metadata), nodes, cluster);
  }

  /** Of a cluster that is no more. */
  async forget(key: ClusterKey): Promise<void> {
    for (const taskId of this.listenedOf(key)) this.streams.disconnect(taskId);
    this.listened.delete(key);
    await this.proxies.close(key);
  }

  async close(): Promise<void> {
    this.role = NOBODY;
    this.streams.closeAll();
    await this.proxies.closeAll();
  }

  private agentChanged(taskId: string): void {
    for (const listener of this.listeners) listener(taskId);
    const memory = memoryOfTask(taskId, this.role.memories());
    if (memory === undefined) return;
    this.follow(memory);
    this.role.changed(clusterKey(memory.cluster.metadata));
  }
}

/** The agents of a cluster's tasks, where each slot's address says that they are. */
export function agentTargets(memory: ClusterMemory): ReadonlyMap<string, AgentTarget> {
  const { firstAddress } = memory.cluster.spec.network;
  return new Map(
    memory.slots.flatMap(({ slot, task }) =>
      task === null
        ? []
        : [[task.taskId, agentTarget(slotAddress(firstAddress, slot), memory)] as const],
    ),
  );
}
