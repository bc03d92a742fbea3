/** Plain values for tests of the planner: a memory, an offer, an agent's status. */
import { AGENT_API_VERSIONS, RELEASE } from "../../../controller/model/release.ts";
import type { AgentStatus, EtcdHealth } from "../../../controller/model/agent-api.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Asker } from "../../../controller/model/operation.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";
import type { Observed, ObservedOffer, ObservedTask } from "../../../controller/model/observed.ts";
import { newMemory } from "../../../controller/plan/apply-spec.ts";
import type { ClusterSpec, CompiledCluster } from "../../../crd-schema/spec.ts";

/** A person who asks. */
export const ANNA: Asker = { via: "CommandLine", user: "anna@desk" };

export const T0 = 1_800_000_000_000;

const SPEC: ClusterSpec = {
  replicas: 3,
  image: null,
  resources: { cpus: 0.25, memoryMiB: 768, diskMiB: 1024, pids: 4096 },
  network: {
    name: "jupyter-cluster-demo",
    driver: "bridge",
    ipamDriver: "default",
    subnet: "172.30.0.0/24",
    firstAddress: "172.30.0.10",
    options: {},
  },
  storage: { shared: { type: "volume", mountPath: "/shared", volumeName: "demo-shared" } },
  etcd: {
    tls: false,
    dataVolume: "local",
    heartbeatMs: 20,
    electionMs: 200,
    quotaMiB: 2048,
    snapshots: { intervalSeconds: 0, keep: 3, maxMiB: 10_240, directory: null },
    recovery: { mode: "Automatic", graceSeconds: 10 },
    standby: "none",
  },
  jupyter: {
    port: 8888,
    auth: "token",
    standby: "warm",
    idle: { kernelsAfterSeconds: 0, terminalsAfterSeconds: 0 },
  },
  kernels: { placement: "server", memoryMiB: null, processes: 1024, busyWaitSeconds: 300 },
  ssh: { user: "admin", authorizedKeys: [] },
  proxy: { address: "127.0.0.1", port: 8888, holdSeconds: 30, hostNames: [] },
  placement: { constraints: [], spread: null },
  unreachable: { replaceAfterSeconds: 120 },
  backoff: { initialSeconds: 1, factor: 2, maxSeconds: 60 },
  updateStrategy: "RollingUpdate",
  deletionPolicy: "Retain",
  suspend: false,
};

export function fakeCluster(spec: Partial<ClusterSpec> = {}): CompiledCluster {
  return {
    metadata: { name: "demo", namespace: "default", labels: {}, annotations: {} },
    spec: { ...SPEC, ...spec },
    written: { ...spec },
    source: { file: "cluster.yaml", line: 1 },
  };
}

export function fakeMemory(spec: Partial<ClusterSpec> = {}): ClusterMemory {
  const secrets = {
    agentToken: "agent",
    jupyterToken: "jupyter",
    cookieSecret: "cookie",
    authorityKey: null,
  };
  return newMemory(fakeCluster(spec), { uid: "0123456789abcdef", secrets }, T0);
}

export function fakeOffer(patch: Partial<ObservedOffer> = {}): ObservedOffer {
  return {
    id: "offer-1",
    agentId: "agent-1",
    hostname: "host-1",
    cpus: 8,
    memoryMiB: 16_384,
    diskMiB: 100_000,
    attributes: [],
    leftOut: [],
    unavailability: null,
    raw: {
      id: { value: "offer-1" },
      framework_id: { value: "framework" },
      agent_id: { value: "agent-1" },
      hostname: "host-1",
      resources: [],
    },
    ...patch,
  };
}

export function fakeTask(taskId: string, state: ObservedTask["state"]): ObservedTask {
  return {
    taskId,
    state,
    agentId: "agent-1",
    ip: null,
    container: `mesos-${taskId}`,
    healthy: null,
    reason: null,
    message: null,
    since: T0,
  };
}

export interface FakeAgent {
  readonly slot: number;
  readonly taskId: string;
  readonly phase: AgentStatus["phase"];
  readonly commandId: string | null;
  readonly data: AgentStatus["data"];
  readonly etcd: EtcdHealth | null;
  readonly snapshot: AgentStatus["snapshot"];
  readonly etcdExited: boolean;
  readonly jupyterReady: boolean;
  readonly hosts: HostsTable | null;
  readonly sshKnownSlots: readonly number[];
  readonly memory?: AgentStatus["memory"];
  readonly kernels?: AgentStatus["kernels"];
  readonly release?: string;
  readonly apiVersions?: readonly number[];
}

export function fakeAgent(agent: FakeAgent): AgentStatus {
  const { etcdExited, jupyterReady, ...status } = agent;
  const up = { state: "running", ready: true, pid: 1, restarts: 0, lastExit: null } as const;
  const exited = { ...up, state: "exited", ready: false, pid: null } as const;
  return {
    release: RELEASE,
    apiVersions: AGENT_API_VERSIONS,
    ...status,
    instanceId: agent.taskId,
    sequence: 1,
    units: { etcd: etcdExited ? exited : up, sshd: up, jupyter: { ...up, ready: jupyterReady } },
    storage: { ready: true, message: "" },
    elections: [],
    problems: [],
  };
}

/** What a job shows that is for no operation. */
export const OF_NONE = { operation: null, snapshot: null } as const;

export const NOTHING_UNUSUAL: Pick<Observed, "unsupported" | "jobs"> = {
  unsupported: new Map(),
  jobs: [],
};
