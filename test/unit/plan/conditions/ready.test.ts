import { expect, it } from "vitest";
import type { AgentStatus, EtcdHealth } from "../../../../controller/model/agent-api.ts";
import { fresh, type Observed, unknown } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { POLICIES } from "../../../../controller/plan/conditions/policies.ts";
import { NEEDED, ready } from "../../../../controller/plan/conditions/ready.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import {
  type ConditionRow,
  conditionTable,
  decide,
} from "../../../support/planner/condition-table.ts";
import { changeSpec, followersOf, readyRun } from "../../../support/planner/run.ts";

type Change = (status: AgentStatus) => Partial<AgentStatus>;

/** A cluster that was Ready, of which the agents say this now. */
const withAgents =
  (change: Change, facts: Partial<Observed> = {}) =>
  (): Plan => {
    const run = readyRun();
    const { agents } = changeAgents(run.world.observed(), change);
    return decide(run, { agents, ...facts });
  };

const same: Change = () => ({});
const saying =
  (health: Partial<EtcdHealth>): Change =>
  ({ etcd }) => ({ etcd: etcd && { ...etcd, ...health } });

const withSpec =
  (spec: Partial<ClusterSpec>, fileRemoved = false) =>
  (): Plan => {
    const run = readyRun();
    changeSpec(run, spec);
    run.memory = { ...run.memory, fileRemoved };
    return decide(run);
  };

const reasonOf = ({ status }: Plan) => status.conditions.find((c) => c.type === "Ready")?.reason;
const STRANGER = {
  id: "99",
  name: "stranger",
  peerUrls: ["https://10.9.9.1:2380"],
  isLearner: false,
};
const STRANGERS_MESSAGE =
  "etcd has members that are none of this cluster's: 99 (stranger, https://10.9.9.1:2380). " +
  "They are removed one at a time, while the nodes are a quorum without them.";
const AUTH_ON = fresh({ authEnabled: true } as const);
const AUTH_MESSAGE = "etcd's authentication was switched on, which shuts the nodes out. ";
const EMPTY = "The spec asks for no container.";

/** What AllMembersReady says of the leader and its followers while one of them lacks something. */
const lacking = (change: Change, message: string): ConditionRow => [
  withAgents((status) => (status.slot === 1 ? change(status) : {})),
  "False",
  "NodesNotReady",
  `slot 1: ${message}`,
];

const without =
  (unit: "jupyter" | "sshd"): Change =>
  ({ units }) => ({ units: { ...units, [unit]: { ...units[unit], ready: false } } });

const own: Readonly<Record<string, ConditionRow>> = {
  "all that users need is there": [withAgents(same), "True", "AllReady", "3 of 3 nodes are ready."],
  "the cluster is suspended": [withSpec({ suspend: true }), "False", "Suspended", EMPTY],
  "the cluster is deleted": [
    withSpec({ deletionPolicy: "Delete" }, true),
    "False",
    "Deleting",
    EMPTY,
  ],
  "a slot leaves, and the rest is ready": [
    () => {
      const run = readyRun({ replicas: 5 });
      changeSpec(run, { replicas: 4 });
      return run.until((p) => reasonOf(p) === "ScalingIn");
    },
    "False",
    "ScalingIn",
    "Slot 4 is leaving.",
  ],
  "etcd has a member that is no node": [
    () => {
      const run = readyRun();
      const members = [...run.world.members, STRANGER];
      return decide(run, changeAgents(run.world.observed(), saying({ members })));
    },
    "False",
    "ForeignMembers",
    STRANGERS_MESSAGE,
  ],
  "etcd has a member that is no node, and a node lacks something": [
    () => {
      const run = readyRun();
      const members = [...run.world.members, STRANGER];
      const observed = changeAgents(run.world.observed(), saying({ members }));
      return decide(run, changeAgents(observed, without("jupyter")));
    },
    "False",
    "ForeignMembers",
    STRANGERS_MESSAGE,
  ],
  "etcd's authentication is on, and the nodes have no certificates": [
    withAgents(same, { keys: AUTH_ON }),
    "False",
    "AuthEnabled",
    `${AUTH_MESSAGE}Switch it off: \`etcdctl --user root auth disable\`.`,
  ],
  "etcd's authentication is on": [
    () => {
      const run = readyRun();
      changeSpec(run, { etcd: { ...run.memory.cluster.spec.etcd, tls: true } });
      return decide(run, { keys: AUTH_ON });
    },
    "False",
    "AuthEnabled",
    `${AUTH_MESSAGE}It is switched off again.`,
  ],
};

/** By the condition that lacks. */
const inherited: Readonly<Record<(typeof NEEDED)[number], ConditionRow>> = {
  StateStored: [
    () => {
      const { memory, world, now } = readyRun();
      const observed = { ...world.observed(), mesos: unknown<never>("no master answers") };
      return plan({ memory, observed, now, defaultImage: "image", storageFailure: "disk full" });
    },
    "False",
    "StorageFailed",
    "What the controller must remember of this cluster can't be stored, so nothing is done: disk full",
  ],
  FrameworkRegistered: [
    withAgents(saying({ leaderId: null, members: null }), { mesos: unknown("no master answers") }),
    "False",
    "NotSubscribed",
    "no master answers",
  ],
  Quorate: [
    withAgents(
      saying({ leaderId: null, members: null, alarms: [{ memberId: "1", alarm: "NOSPACE" }] }),
    ),
    "False",
    "NoLeader",
    "etcd elects a leader.",
  ],
  SpaceAvailable: [
    withAgents((status) => ({
      ...saying({ alarms: [{ memberId: "1", alarm: "NOSPACE" }] })(status),
      storage: { ready: false, message: "not mounted" },
    })),
    "False",
    "QuotaExceeded",
    "etcd takes no more writes: its database has 0 of 2048 MiB, 0 MiB in use. " +
      "It is compacted and defragmented.",
  ],
  AllMembersReady: [
    withAgents(({ slot }) => (slot === 2 ? { storage: { ready: false, message: "gone" } } : {}), {
      proxy: null,
    }),
    "False",
    "NodesNotReady",
    "slot 2: shared storage: gone",
  ],
  ProxyReady: [
    withAgents(same, { proxy: null }),
    "False",
    "NotStarted",
    "The proxy is not started.",
  ],
};

conditionTable("Ready", ready.reasons, {
  ...own,
  ...inherited,
  "no offer is enough for a launch, and that was told": [
    () => {
      const run = readyRun();
      run.world.kill(2);
      run.world.offers = () => [];
      for (let i = 0; i < 100; i++) run.reconcile();
      return decide(run);
    },
    "False",
    "LaunchBlocked",
    "no agent offers anything; a node needs 0.25 cpus, 768 MiB of memory, 1024 MiB of disk",
  ],
  "Jupyter does not answer on the leader": lacking(without("jupyter"), "Jupyter not ready"),
  "sshd does not answer": lacking(without("sshd"), "sshd not ready"),
  "SSH keys are missing": lacking(() => ({ sshKnownSlots: [1, 2] }), "SSH keys of slot 0 unknown"),
  "the shared folder is not there": lacking(
    () => ({ storage: { ready: false, message: "not mounted" } }),
    "shared storage: not mounted",
  ),
  "what stands in the way of a launch is told first": [
    () => {
      const run = readyRun();
      for (const slot of followersOf(run)) run.world.kill(slot);
      return decide(run, {
        network: fresh({ state: "conflict", message: "the subnet is taken" }),
      });
    },
    "False",
    "NodesOutOfSight",
    "the subnet is taken",
  ],
});

it.each(NEEDED)("Ready inherits a reason of %s", (type) => {
  expect(Object.keys(POLICIES[type].reasons)).toContain(inherited[type][2]);
});
