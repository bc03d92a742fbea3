import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import { fresh, unknown } from "../../../../controller/model/observed.ts";
import type { RestoreRequest } from "../../../../controller/model/snapshot.ts";
import { quorate } from "../../../../controller/plan/conditions/quorate.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide, SNAPSHOT } from "../../../support/planner/condition-table.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, fakeTask } from "../../../support/planner/fixtures.ts";
import {
  afterGrace,
  GRACE_MS,
  lostRun,
  nothingLeft,
} from "../../../support/planner/lost-quorum.ts";
import { PlannerRun, readyRun } from "../../../support/planner/run.ts";

/** A cluster of three that has run, of which all that is seen is what these agents say. */
function decideSaid(run: PlannerRun, change: (status: AgentStatus) => Partial<AgentStatus>): Plan {
  return decide(run, { agents: changeAgents(run.world.observed(), change).agents });
}

const leaderless = ({ etcd }: AgentStatus): Partial<AgentStatus> => ({
  etcd: etcd && { ...etcd, leaderId: null, members: null },
});

/** Its container waits with this instead of the data that it had. */
const waitingWith = (data: AgentStatus["data"]): Partial<AgentStatus> => ({
  phase: "awaiting-start",
  commandId: null,
  data,
  etcd: null,
});

const BROKEN = { state: "corrupt", reason: "crc mismatch" } as const;

function asked(requested: RestoreRequest): PlannerRun {
  const run = readyRun();
  run.memory = { ...run.memory, recovery: { ...run.memory.recovery, requested } };
  return run;
}

function newRun(): PlannerRun {
  return new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
}

/** Containers of a new cluster that wait with the data of another time in these slots. */
function foundData(slots: readonly number[], corrupt: boolean): Plan {
  const run = newRun();
  for (const slot of slots) {
    run.world.etcd.volumes.set(slot, { clusterId: "c0", memberId: `${slot}`, index: 5, corrupt });
  }
  run.reconcile();
  return decide(run);
}

function startedRun(): PlannerRun {
  const run = newRun();
  run.until((p) => p.memory.bootstrap?.phase === "started");
  return run;
}

const ONE_OF_THREE_LEFT =
  "Slots 0, 1 have lost their etcd data; 1 of 3 voters still have theirs, which is no quorum.";
const TWO_OF_FIVE_LEFT =
  "Slots 0, 1, 2 have lost their etcd data; 2 of 5 voters still have theirs, which is no quorum.";
const NONE_LEFT =
  "Slots 0, 1, 2 have lost their etcd data; 0 of 3 voters still have theirs, which is no quorum.";

conditionTable("Quorate", quorate.reasons, {
  "a leader serves, and all voters follow it": [
    () => decide(readyRun()),
    "True",
    "LeaderServes",
    "3 of 3 voters follow slot 1 in term 1.",
  ],
  "a leader serves, and a voter is out of sight": [
    () => {
      const run = readyRun();
      run.world.blind.add(2);
      return decide(run);
    },
    "True",
    "LeaderServes",
    "2 of 3 voters follow slot 1 in term 1.",
  ],
  "a leader that no quorum confirms does not count": [
    () => decideSaid(readyRun(), ({ etcd }) => ({ etcd: etcd && { ...etcd, members: null } })),
    "False",
    "NoLeader",
    "etcd elects a leader.",
  ],
  "a restore was asked for: everything stops first": [
    () => decide(asked({ from: "nothing" }), { agents: new Map() }),
    "False",
    "Restoring",
    "All containers are stopped before etcd is restored, as it was asked for.",
  ],
  "a restore was asked for: what nobody remembers must have ended": [
    () => {
      const run = asked({ from: "nothing" });
      for (const id of ["default.demo.01234567.9.4", "default.demo.01234567.9.5"]) {
        run.world.tasks.set(id, fakeTask(id, "TASK_UNREACHABLE"));
      }
      return decide(run, { agents: new Map() });
    },
    "False",
    "Restoring",
    "Before etcd is restored, default.demo.01234567.9.4, default.demo.01234567.9.5 must have " +
      "ended: bring the host back, or mark its agent as gone in Mesos. An agent that Mesos knows no more cannot be marked: what ran there is waited for an hour at most.",
  ],
  "a slot holds another cluster's data": [
    () => {
      const other = { memberId: "7", clusterId: "c9", raftIndex: 5, raftTerm: 1 };
      return decideSaid(readyRun(), (status) =>
        status.slot === 2 ? waitingWith({ ...other, state: "present" }) : leaderless(status),
      );
    },
    "False",
    "ClusterIDMismatch",
    "Slot 2 holds the data of another etcd cluster and is refused. Remove or restore its volume.",
  ],
  "a new cluster waits for its first members": [
    () => decide(newRun()),
    "False",
    "NotBootstrapped",
    "etcd has not been bootstrapped yet.",
  ],
  "a new cluster finds data that is no quorum's": [
    () => foundData([1], false),
    "False",
    "NotBootstrapped",
    "Only slot 1 holds data of an earlier etcd cluster, which is no quorum or not one cluster. " +
      "Bring the other volumes back, or remove these.",
  ],
  "a new cluster finds broken data": [
    () => foundData([0, 2], true),
    "False",
    "NotBootstrapped",
    "Slots 0, 2 have broken data of an earlier etcd cluster. Restore these volumes, or remove them.",
  ],
  "the first members form a cluster": [
    () => decideSaid(startedRun(), leaderless),
    "False",
    "Bootstrapping",
    "The first members form etcd.",
  ],
  "the first members form a cluster though one has lost its data": [
    () =>
      decideSaid(startedRun(), (status) =>
        status.slot === 0 ? { data: BROKEN, etcd: null } : leaderless(status),
      ),
    "False",
    "Bootstrapping",
    "The first members form etcd.",
  ],
  "most of the first members' data broke": [
    () =>
      decideSaid(startedRun(), ({ slot }) => ({
        etcd: null,
        data: slot < 2 ? BROKEN : { state: "empty" },
      })),
    "False",
    "QuorumLost",
    "The etcd data of slots 0, 1 broke before the cluster was formed. A person must decide: " +
      "begin empty with `jupyter-cluster snapshot restore NAME --empty`, or restore a snapshot.",
  ],
  "voters that are none of the cluster's were in it when a quorum last told": [
    () => {
      const run = readyRun();
      const foreign = { id: "99", name: "", peerUrls: ["https://10.9.9.1:2380"], isLearner: false };
      run.world.etcd.members = [...run.world.members, foreign];
      run.memory = decide(run).memory;
      return decideSaid(run, leaderless);
    },
    "False",
    "ForeignMembers",
    "3 of 3 voters are in sight with their data, and etcd has voters that are none of this " +
      "cluster's: 99 (never started, https://10.9.9.1:2380). If no leader is elected, go back to a " +
      "snapshot: `jupyter-cluster snapshot restore`.",
  ],
  "a survivor goes on alone": [
    () => lostRun().until((p) => p.memory.recovery.inProgress !== null),
    "False",
    "Recovering",
    "Slot 3 goes on alone with its data; the others join it anew.",
  ],
  "a snapshot is restored": [
    () => nothingLeft(fresh([SNAPSHOT])).until((p) => p.memory.recovery.inProgress !== null),
    "False",
    "Recovering",
    "A snapshot is restored in slot 0; the others join it anew.",
  ],
  "an empty cluster begins, as it was asked for": [
    () => asked({ from: "nothing" }).until((p) => p.memory.recovery.inProgress !== null),
    "False",
    "Recovering",
    "A new etcd cluster begins in slot 0; the others join it anew.",
  ],
  "a majority's data is lost: the grace passes first": [
    () => decide(lostRun()),
    "False",
    "QuorumLost",
    `${TWO_OF_FIVE_LEFT} Recovery begins 10 s after the loss.`,
  ],
  "a majority's data is lost: the grace has not begun while Mesos is not heard": [
    () => {
      const run = lostRun();
      run.memory = { ...run.memory, recovery: { ...run.memory.recovery, lostSince: null } };
      return decide(run, { mesos: unknown("no master answers") });
    },
    "False",
    "QuorumLost",
    `${TWO_OF_FIVE_LEFT} Recovery begins 10 s after the loss.`,
  ],
  "a majority's data is lost: a person decides where the spec says so": [
    () => decide(afterGrace(lostRun({ mode: "Manual" }))),
    "False",
    "QuorumLost",
    `${TWO_OF_FIVE_LEFT} etcd.recovery.mode is Manual: set it to Automatic, or use \`jupyter-cluster snapshot restore\`.`,
  ],
  "a majority's data is lost: a survivor that is out of sight is waited for": [
    () => {
      const run = afterGrace(lostRun());
      run.world.blind.add(4);
      return decide(run);
    },
    "False",
    "QuorumLost",
    "Slots 0, 1, 2 have lost their etcd data; 1 of 5 voters still have theirs, which is no quorum. " +
      "Slot 4 may know more and is waited for.",
  ],
  "a majority's data is lost: a survivor goes on once it has read its log": [
    () => {
      const run = readyRun();
      const { recovery } = run.memory;
      const slots = run.memory.slots.map((s) => ({
        ...s,
        task: s.task && { ...s.task, startCommand: null },
      }));
      const lostSince = run.now - GRACE_MS;
      run.memory = { ...run.memory, slots, recovery: { ...recovery, lostSince } };
      return decideSaid(run, ({ slot, data, etcd }) =>
        slot === 2 && etcd !== null
          ? { data, etcd: { ...etcd, leaderId: null, members: null, raftIndex: 999 } }
          : waitingWith({ state: "empty" }),
      );
    },
    "False",
    "QuorumLost",
    `${ONE_OF_THREE_LEFT} Slot 2 reads its etcd log again first; then the best survivor goes on.`,
  ],
  "nobody's data is left: the snapshots cannot be read": [
    () => decide(afterGrace(nothingLeft(unknown("not mounted")))),
    "False",
    "QuorumLost",
    `${NONE_LEFT} The snapshots cannot be read.`,
  ],
  "nobody's data is left: there is no snapshot of this cluster": [
    () => decide(afterGrace(nothingLeft(fresh([{ ...SNAPSHOT, clusterId: "c9" }])))),
    "False",
    "QuorumLost",
    `${NONE_LEFT} There is no snapshot of it either. A person must decide: bring a data volume back, put a snapshot into the snapshot directory, or begin empty with \`jupyter-cluster snapshot restore NAME --empty\`.`,
  ],
  "the only member was removed, it seems: its slot is not free for the snapshot yet": [
    () => {
      const run = readyRun({ replicas: 1 });
      const { recovery } = run.memory;
      const lostSince = run.now - GRACE_MS;
      run.memory = { ...run.memory, recovery: { ...recovery, lostSince, pendingVoterChange: 0 } };
      run.world.snapshots = fresh([SNAPSHOT]);
      return decideSaid(run, ({ units }) => ({
        etcd: null,
        units: { ...units, etcd: { ...units.etcd, state: "exited" } },
      }));
    },
    "False",
    "QuorumLost",
    "Slot 0 has lost its etcd data; 0 of 1 voters still have theirs, which is no quorum. " +
      "The newest snapshot is restored as soon as a node is there for it.",
  ],
  "all voters are in sight and elect a leader": [
    () => decideSaid(readyRun(), leaderless),
    "False",
    "NoLeader",
    "etcd elects a leader.",
  ],
  "a majority is out of sight, and may serve": [
    () => {
      const run = readyRun();
      run.world.blind.add(0).add(1);
      return decideSaid(run, leaderless);
    },
    "Unknown",
    "NodesOutOfSight",
    "1 of 3 voters are in sight with their data; slots 0, 1 are not.",
  ],
});
