/** Events of a lost quorum. */
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import type {
  RecoveryMemory,
  QuorumRecovery,
} from "../../../../controller/model/recovery-memory.ts";
import { fresh } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { SNAPSHOT } from "../../../support/planner/condition-table.ts";
import { type PlannerRun, readyRun } from "../../../support/planner/run.ts";
import { type EventTable, news } from "./event-table.ts";

function withRecovery(run: PlannerRun, recovery: Partial<RecoveryMemory>): PlannerRun {
  run.memory = { ...run.memory, recovery: { ...run.memory.recovery, ...recovery } };
  return run;
}

/** All containers of five die, and the volumes of slots 0 to 2 with them. */
function withoutMajority(): PlannerRun {
  const run = readyRun({ replicas: 5 });
  for (const slot of run.world.runningSlots()) run.world.kill(slot);
  for (const slot of [0, 1, 2]) run.world.loseVolume(slot);
  return run;
}

function withoutData(): PlannerRun {
  const run = readyRun();
  run.world.snapshots = fresh([SNAPSHOT]);
  for (const slot of [0, 1, 2]) run.world.loseVolume(slot);
  return run;
}

const asked = () => withRecovery(readyRun(), { requested: { from: "nothing" } });

const untilReady = (arrange: () => PlannerRun) => () =>
  news(arrange(), (run) => {
    run.reconcile();
    run.untilReady();
  });

/** Slot 0 is to go on alone, and this is what its agent says; nobody hears a leader. */
const chosen = (say: (status: AgentStatus, commandId: string) => Partial<AgentStatus>) => () => {
  const { run, memory } = withChosen(0);
  const commandId = `recovery-1:survivor:${memory.recovery.inProgress?.clusterId ?? ""}`;
  const observed = changeAgents(run.world.observed(), (status) =>
    status.slot === 0
      ? say(status, commandId)
      : { etcd: status.etcd && { ...status.etcd, leaderId: null, members: null } },
  );
  return plan({ memory, observed, now: run.now, defaultImage: "image" }).memory.events;
};

function withChosen(slot: number) {
  const run = readyRun();
  const { bootstrap, slots } = run.memory;
  const memberId = slots[slot]?.memberId;
  if (bootstrap?.phase !== "done" || memberId == null) throw new Error("not formed");
  const { clusterId } = bootstrap;
  const common = { from: "survivor", slot, since: run.now, previousVoters: [] } as const;
  const recovering: QuorumRecovery = { ...common, clusterId, memberId };
  return { run, memory: withRecovery(run, { epoch: 1, inProgress: recovering }).memory };
}

/** The snapshot that was to be restored is not in the list any more. */
function withoutItsSnapshot() {
  const run = withoutData();
  run.until((p) => p.memory.recovery.lostSince !== null);
  run.world.damaged.add(SNAPSHOT.id);
  run.until((p) => p.memory.recovery.inProgress !== null);
  run.world.snapshots = fresh([]);
  return news(run, () => run.reconcile());
}

export const RECOVERY_EVENTS = {
  QuorumLost: {
    "a majority's data is lost": [
      () =>
        news(withoutMajority(), (run) => run.until((p) => p.memory.recovery.lostSince !== null)),
      "Warning",
      "slots 0, 1, 2 have lost their etcd data; 2 of 5 voters still have theirs, which is no quorum",
    ],
  },
  QuorumBack: {
    "the former members have a quorum before the survivor was told": [
      () => {
        const { run } = withChosen(0);
        return news(run, () => run.reconcile());
      },
      "Normal",
      "the former members have a quorum again; it goes on",
    ],
  },
  RecoveryBegun: {
    "a survivor goes on": [
      untilReady(withoutMajority),
      "Warning",
      "slot 3 has the newest data left and goes on alone; the others join it anew",
    ],
    "a snapshot is restored": [
      untilReady(withoutData),
      "Warning",
      "snapshot 20260101T000000000Z-r9 (revision 9) is restored in slot 0; the others join it anew",
    ],
    "an empty cluster was asked for": [
      untilReady(asked),
      "Warning",
      "a new and empty etcd cluster begins in slot 0, as it was asked for",
    ],
  },
  RecoveryFailed: {
    "the survivor has lost its data": [
      chosen(() => ({ phase: "awaiting-start", data: { state: "empty" }, etcd: null })),
      "Warning",
      "slot 0 has lost its data as well",
    ],
    "the survivor had been removed": [
      chosen(({ units }, commandId) => ({
        etcd: null,
        commandId: commandId,
        units: { ...units, etcd: { ...units.etcd, state: "exited" } },
      })),
      "Warning",
      "slot 0 had been removed from the members before",
    ],
    "the snapshot is gone": [
      withoutItsSnapshot,
      "Warning",
      `snapshot ${SNAPSHOT.id} is not usable any more`,
    ],
  },
  Recovered: {
    "a survivor has gone on": [
      untilReady(withoutMajority),
      "Warning",
      "Slot 3 goes on with its data at revision 1 (the last revision seen was 1). Lost is at most what only members whose data is gone had acknowledged.",
    ],
    "a snapshot is restored": [
      untilReady(withoutData),
      "Warning",
      "Snapshot 20260101T000000000Z-r9 of 2026-01-01T00:00:00.000Z is restored: everything up to revision 9 is there, what was written later is lost (the last revision seen was 1).",
    ],
    "an empty cluster has begun": [
      untilReady(asked),
      "Warning",
      "A new and empty etcd cluster was begun; all earlier keys are lost (the last revision seen was 1).",
    ],
  },
} satisfies EventTable;
