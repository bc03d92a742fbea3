/** Merges the sources into one Observed per cluster. It listens and asks; it changes nothing. */
import type { AgentStreams } from "../agents/agent-streams.ts";
import { type AgentTarget, agentTarget } from "../agents/connection.ts";
import type { AgentStatus } from "../model/agent-api.ts";
import { type ClusterKey, slotAddress } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
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
import type { TaskState } from "../mesos/wire.ts";
import type { DockerFacts } from "./docker-facts.ts";
import type { KeyFacts } from "./key-facts.ts";
import type { SnapshotFacts } from "./snapshot-facts.ts";

export interface ObserverSources {
  readonly mesos: { observe(key: ClusterKey): Source<ObservedMesos> };
  readonly agents: ListenedAgents;
  /** Null when the containers run on other machines' engines. */
  readonly docker: Pick<DockerFacts, "observe" | "forget"> | null;
  readonly proxies: { observe(key: ClusterKey): Observed["proxy"] };
  readonly snapshots: Pick<SnapshotFacts, "observe" | "forget">;
  readonly keys: Pick<KeyFacts, "observe" | "forget">;
  readonly jobs: { observe(key: ClusterKey): readonly ObservedJob[] };
  readonly defaultImage: string;
}

/** Agents whose streams are read; they may have been before this controller began to act. */
export interface ListenedAgents {
  /** To these of the cluster, by task id, and to no others of it. */
  listen(key: ClusterKey, targets: ReadonlyMap<string, AgentTarget>): void;
  /** Task ids. */
  listenedOf(key: ClusterKey): ReadonlySet<string>;
  readonly streams: Pick<AgentStreams, "observe" | "otherTaskAt" | "unsupported">;
}

export class ClusterObserver {
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
    for (const taskId of this.sources.agents.listenedOf(key)) {
      const other = this.sources.agents.streams.otherTaskAt(taskId);
      if (other !== null) others.set(taskId, other);
      const source = this.sources.agents.streams.observe(taskId);
      if (source !== undefined) agents.set(taskId, source);
      const version = this.sources.agents.streams.unsupported(taskId);
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

  forget(key: ClusterKey): void {
    this.sources.docker?.forget(key);
    this.sources.snapshots.forget(key);
    this.sources.keys.forget(key);
  }

  /**
   * Only addresses of tasks that run are dialled; a task that ended is let go at once. Until Mesos has
   * answered, those that are listened to already go on.
   */
  private listen(key: ClusterKey, memory: ClusterMemory, mesos: ObservedMesos | undefined): void {
    const { agents } = this.sources;
    const { network } = memory.cluster.spec;
    const targets = new Map<string, AgentTarget>();
    for (const { slot, task } of memory.slots) {
      if (task === null) continue;
      const { taskId } = task;
      const observed = mesos?.tasks.get(taskId);
      const goesOn =
        mesos === undefined ? agents.listenedOf(key).has(taskId) : mayAnswer(observed?.state);
      if (!goesOn) continue;
      const ip = observed?.ip ?? slotAddress(network.firstAddress, slot);
      targets.set(taskId, agentTarget(ip, memory));
    }
    agents.listen(key, targets);
  }
}

function mayAnswer(state: TaskState | undefined): boolean {
  if (state === undefined) return false;
  return state === "TASK_RUNNING" || state === "TASK_KILLING" || taskEnd(state) === "uncertain";
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
