/** What the planner is shown of a state: each source as fresh as it is. */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { AgentStatus, EtcdHealth } from "../../../controller/model/agent-api.ts";
import {
  fresh,
  type Observed,
  type ObservedOffer,
  type ObservedTask,
  type Source,
  stale,
  unknown,
} from "../../../controller/model/observed.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";
import type { TaskState } from "../../../controller/mesos/wire.ts";
import { proxySettings } from "../../../controller/model/proxy-settings.ts";
import { type Container, type History, type State, type Volume, volumeKey } from "./state.ts";

const FRAMEWORK = "framework";
const IMAGE = { state: "present", reference: "image" } as const;

export function observe(state: State): Observed {
  const { spec } = state.memory.cluster;
  const { jupyter } = spec;
  const newest = state.histories.at(-1);
  const leader = state.containers.find(
    (c) => c.leaderId !== null && state.volumes[volumeKey(c)]?.memberId === newest?.leader,
  );
  const target = leader && { ip: leader.ip, port: jupyter.port, term: leader.term };
  return {
    mesos: mesosOf(state),
    local: false,
    network: fresh({ state: "present", subnet: "10.0.0.0/24" }),
    image: fresh(IMAGE),
    holdings: fresh([]),
    agents: agentsOf(state),
    unsupported: new Map(),
    snapshots: fresh(state.snapshots),
    jobs: [],
    keys: unknown("nobody else writes there"),
    proxy: { ...proxySettings(spec), listening: true, error: null, target: target ?? null },
  };
}

function mesosOf(state: State): Observed["mesos"] {
  const tasks = new Map(Object.entries(state.told).map(([id, told]) => [id, taskOf(id, told)]));
  const offers = state.mesos === "away" ? [] : offersOf(state);
  const reconciled = state.mesos === "heard";
  const value = { frameworkId: FRAMEWORK, reconciled, tasks, offers, maintenance: new Map() };
  return state.mesos === "away" ? stale(value, state.now) : fresh(value);
}

function taskOf(taskId: string, state: TaskState): ObservedTask {
  const unsaid = { agentId: null, ip: null, container: null, healthy: null };
  return { taskId, state, ...unsaid, reason: null, message: null, since: 0 };
}

/** Each host has room for one node. */
function offersOf({ hosts, containers }: State): readonly ObservedOffer[] {
  return Object.entries(hosts)
    .filter(([host, is]) => is === "up" && !containers.some((c) => c.host === host))
    .map(([host]) => OFFERS.get(host) ?? offerOf(host));
}

const OFFERS = new Map<string, ObservedOffer>();

function offerOf(host: string): ObservedOffer {
  const id = `offer of ${host}`;
  const offer: ObservedOffer = {
    id,
    agentId: host,
    hostname: host,
    cpus: 1,
    memoryMiB: 4_096,
    diskMiB: 4_096,
    attributes: [],
    leftOut: [],
    unavailability: null,
    raw: {
      id: { value: id },
      framework_id: { value: FRAMEWORK },
      agent_id: { value: host },
      hostname: host,
      resources: [],
    },
  };
  OFFERS.set(host, offer);
  return offer;
}

function agentsOf(state: State): ReadonlyMap<string, Source<AgentStatus>> {
  const agents = new Map<string, Source<AgentStatus>>();
  for (const [taskId, { fresh: isFresh, status }] of Object.entries(state.heard)) {
    agents.set(taskId, isFresh ? fresh(status) : stale(status, state.now));
  }
  for (const container of state.containers) {
    if (container.news === "live" && container.stage === "running") {
      agents.set(container.taskId, fresh(statusOf(container, state)));
    }
  }
  return agents;
}

const UP = { state: "running", ready: true, pid: 1, restarts: 0, lastExit: null } as const;
const STOPPED = { ...UP, state: "stopped", ready: false, pid: null } as const;
const EXITED = { ...UP, state: "exited", ready: false, pid: null } as const;

/** What an agent says when it is heard. */
export function statusOf(container: Container, state: State): AgentStatus {
  const volume = state.volumes[volumeKey(container)];
  const history = state.histories.find((l) => l.history === volume?.history);
  const { slot, taskId, commandId, etcd, snapshot, well } = container;
  const unit = etcd === "up" ? UP : etcd === "exited" ? EXITED : STOPPED;
  const slots = slotCount(state.memory.cluster.spec);
  return {
    slot,
    taskId,
    instanceId: taskId,
    sequence: 1,
    phase: commandId === null ? "awaiting-start" : "running",
    commandId: commandId,
    data: dataOf(container, volume),
    snapshot,
    units: { etcd: unit, sshd: UP, jupyter: commandId === null ? STOPPED : UP },
    etcd: volume === undefined ? null : healthOf(container, volume, history),
    hosts: tableOf(container, history),
    sshKnownSlots: Array.from({ length: slots }, (_, i) => i),
    storage: { ready: well, message: well ? "" : "not mounted" },
    elections: [],
    problems: [],
  };
}

function tableOf({ etcd }: Container, history: History | undefined): HostsTable | null {
  return etcd === "up" ? (history?.hosts ?? null) : null;
}

function dataOf({ logRead }: Container, volume: Volume | undefined): AgentStatus["data"] {
  if (volume === undefined) return { state: "empty" };
  const { memberId, clusterId } = volume;
  const { term: raftTerm, index: raftIndex } = logRead;
  return { state: "present", memberId, clusterId, raftIndex, raftTerm };
}

function healthOf(
  { etcd, leaderId, term, members }: Container,
  { memberId, clusterId, end }: Volume,
  history: History | undefined,
): EtcdHealth | null {
  if (etcd !== "up") return null;
  const member = (members ?? history?.members)?.find((m) => m.id === memberId);
  return {
    memberId,
    clusterId,
    version: "3.5.16",
    raftTerm: Math.max(term, end.term),
    raftIndex: end.index,
    leaderId,
    isLearner: member?.isLearner ?? false,
    revision: 1,
    dbSizeBytes: 20_480,
    dbSizeInUseBytes: 20_480,
    members,
    alarms: [],
  };
}
