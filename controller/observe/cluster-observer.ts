/** Merges the sources into one Observed per cluster. It listens and asks; it changes nothing. */
import type { AgentStreams } from "../agents/agent-streams.ts";
import { agentTarget } from "../agents/connection.ts";
import type { AgentStatus } from "../model/agent-api.ts";
import { type ClusterKey, slotAddress } from "../model/ids.ts";
import { type LeaderCandidate, ofCluster } from "../model/leader.ts";
import { type ClusterMemory, clusterIdOf } from "../model/memory.ts";
import {
  fresh,
  lastKnown,
  type Observed,
  type ObservedJob,
  type ObservedMesos,
  type Source,
} from "../model/observed.ts";
import type { AgentVersion } from "../model/release.ts";
import { taskEnd } from "../model/task-state.ts";
import type { DockerFacts } from "./docker-facts.ts";
import type { KeyFacts } from "./key-facts.ts";
import type { SnapshotFacts } from "./snapshot-facts.ts";

export interface ObserverSources {
  readonly mesos: { observe(key: ClusterKey): Source<ObservedMesos> };
  readonly streams: Pick<
    AgentStreams,
    "connect" | "disconnect" | "observe" | "otherTaskAt" | "unsupported"
  >;
  /** Null when the containers run on other machines' engines. */
  readonly docker: Pick<DockerFacts, "observe" | "forget"> | null;
  readonly proxies: { observe(key: ClusterKey): Observed["proxy"] };
  readonly snapshots: Pick<SnapshotFacts, "observe" | "forget">;
  readonly keys: Pick<KeyFacts, "observe" | "forget">;
  readonly jobs: { observe(key: ClusterKey): readonly ObservedJob[] };
  readonly defaultImage: string;
}

export class ClusterObserver {
  /** Task ids whose agents are listened to, per cluster. */
  private readonly listened = new Map<ClusterKey, Set<string>>();

  constructor(private readonly sources: ObserverSources) {}

  observe(key: ClusterKey, memory: ClusterMemory): Observed {
    const { mesos, docker, proxies, defaultImage } = this.sources;
    const { spec } = memory.cluster;
    const image = spec.image ?? defaultImage;
    const observedMesos = mesos.observe(key);
    this.listen(key, memory, lastKnown(observedMesos));
    const agents = new Map<string, Source<AgentStatus>>();
    const others = new Map<string, string>();
    const unsupported = new Map<string, AgentVersion>();
    for (const taskId of this.listened.get(key) ?? []) {
      const other = this.sources.streams.otherTaskAt(taskId);
      if (other !== null) others.set(taskId, other);
      const source = this.sources.streams.observe(taskId);
      if (source !== undefined) agents.set(taskId, source);
      const version = this.sources.streams.unsupported(taskId);
      if (version !== null) unsupported.set(taskId, version);
    }
    return {
      mesos: observedMesos,
      local: docker !== null,
      ...(docker?.observe(memory.cluster, image) ?? elsewhere(spec.network.subnet, image)),
      agents,
      ...(others.size === 0 ? {} : { others }),
      unsupported,
      snapshots: this.sources.snapshots.observe(memory.cluster),
      jobs: this.sources.jobs.observe(key),
      keys: this.sources.keys.observe(key),
      proxy: proxies.observe(key),
    };
  }

  /** The nodes as their agents show them now, for whoever follows the leader. */
  candidates(memory: ClusterMemory): readonly LeaderCandidate[] {
    const { firstAddress } = memory.cluster.spec.network;
    const nodes = memory.slots.map(({ slot, task }) => {
      const source = task ? this.sources.streams.observe(task.taskId) : undefined;
      const agent = source?.freshness === "fresh" ? source.value : null;
      return { slot, ip: slotAddress(firstAddress, slot), agent };
    });
    return ofCluster(nodes, clusterIdOf(memory));
  }

  forget(key: ClusterKey): void {
    for (const taskId of this.listened.get(key) ?? []) this.sources.streams.disconnect(taskId);
    this.listened.delete(key);
    this.sources.docker?.forget(key);
    this.sources.snapshots.forget(key);
    this.sources.keys.forget(key);
  }

  /** Only addresses of tasks that run are dialled; a task that ended is let go at once. */
  private listen(key: ClusterKey, memory: ClusterMemory, mesos: ObservedMesos | undefined): void {
    const { network } = memory.cluster.spec;
    const now = new Set<string>();
    for (const { slot, task } of memory.slots) {
      const observed = task ? mesos?.tasks.get(task.taskId) : undefined;
      if (task === null || observed === undefined) continue;
      const lost = taskEnd(observed.state) === "uncertain";
      if (observed.state !== "TASK_RUNNING" && observed.state !== "TASK_KILLING" && !lost) continue;
      now.add(task.taskId);
      const ip = observed.ip ?? slotAddress(network.firstAddress, slot);
      this.sources.streams.connect(task.taskId, agentTarget(ip, memory));
    }
    for (const taskId of this.listened.get(key) ?? []) {
      if (!now.has(taskId)) this.sources.streams.disconnect(taskId);
    }
    this.listened.set(key, now);
  }
}

/** What other engines hold is told by a launch that fails there, and by nothing before. */
function elsewhere(
  subnet: string,
  reference: string,
): Pick<Observed, "network" | "image" | "holdings"> {
  return {
    network: fresh({ state: "present", subnet }),
    image: fresh({ state: "present", reference }),
    holdings: fresh([]),
  };
}
