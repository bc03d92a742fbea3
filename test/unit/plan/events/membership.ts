/** Events of etcd's members. */
import { FAILING_MAX_MS } from "../../../../controller/plan/view/failing-etcd.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { addForeign, changeSpec, type PlannerRun, readyRun } from "../../../support/planner/run.ts";
import { type EventTable, news } from "./event-table.ts";

/** A run of three whose leader is in slot 1, as it is at first. */
function threeRun(): PlannerRun {
  const run = readyRun();
  if (run.world.leaderSlot !== 1) throw new Error("another slot leads");
  return run;
}

function spareRun(): PlannerRun {
  const run = threeRun();
  changeSpec(run, { etcd: { ...run.memory.cluster.spec.etcd, standby: "learner" } });
  for (let i = 0; i < 10; i++) run.reconcile();
  return run;
}

function afterKill(run: PlannerRun): void {
  run.world.kill(2);
  for (let i = 0; i < 10; i++) run.reconcile();
}

const replaced = () => threeRun().world.etcd.volumes.get(2)?.memberId as string;

export const MEMBERSHIP_EVENTS = {
  MemberAdded: {
    "a slot is wanted that has no member": [
      () => {
        const run = readyRun();
        changeSpec(run, { replicas: 4 });
        return news(run, () => run.untilReady());
      },
      "Normal",
      "slot 3 joins etcd as a learner",
    ],
    "a spare is wanted": [
      () => {
        const run = readyRun();
        return news(run, () => {
          const { etcd } = run.memory.cluster.spec;
          changeSpec(run, { etcd: { ...etcd, standby: "learner" } });
          for (let i = 0; i < 10; i++) run.reconcile();
        });
      },
      "Normal",
      "slot 3 joins etcd as the spare, a learner that is not promoted",
    ],
  },
  SparePromoted: {
    "a voter dies": [
      () => news(spareRun(), (run) => afterKill(run)),
      "Normal",
      "slot 3, which stood by, gets the vote that slot 2 has lost",
    ],
  },
  SpareReplaced: {
    "another has its vote": [
      () => news(spareRun(), (run) => afterKill(run)),
      "Normal",
      "slots 0, 1, 3 vote; slot 2 leaves etcd, and joins again as the spare",
    ],
  },
  MemberReplaced: {
    "its data is lost": [
      () => {
        const run = threeRun();
        run.world.loseVolume(2);
        return news(run, () => run.untilReady());
      },
      "Warning",
      `the data of member ${replaced()} in slot 2 is lost; it is replaced`,
    ],
    "its data is broken": [
      () => {
        const run = threeRun();
        run.world.kill(2);
        const volume = run.world.etcd.volumes.get(2);
        if (volume) volume.corrupt = true;
        return news(run, () => run.untilReady());
      },
      "Warning",
      `the data of member ${replaced()} in slot 2 is broken: crc mismatch; it is replaced`,
    ],
    "its etcd ends again and again": [
      () => {
        const run = threeRun();
        const observed = changeAgents(run.world.observed(), ({ slot, units }) =>
          slot === 2
            ? {
                etcd: null,
                units: { ...units, etcd: { ...units.etcd, state: "backoff", restarts: 9 } },
              }
            : {},
        );
        const at = (memory: PlannerRun["memory"], now: number) =>
          plan({ memory, observed, now, defaultImage: "image" }).memory;
        const first = at(run.memory, run.now);
        return at(first, run.now + FAILING_MAX_MS).events;
      },
      "Warning",
      `the data of member ${replaced()} in slot 2 does not let its etcd start; it is replaced`,
    ],
  },
  MemberRemoved: {
    "its slot is not wanted any more": [
      () => {
        const run = readyRun({ replicas: 4 });
        run.world.etcd.leaderSlot = 0;
        run.untilReady();
        changeSpec(run, { replicas: 3 });
        return news(run, () => run.untilReady());
      },
      "Normal",
      "slot 3 leaves etcd: scaled in",
    ],
  },
  ForeignMemberRemoved: {
    "somebody has added members": [
      () => {
        const run = readyRun();
        addForeign(run, "98", "99");
        return news(run, () => run.untilReady());
      },
      "Warning",
      "member 98 (never started, http://10.9.9.98:2380) is none of this cluster's; " +
        "it is removed from etcd",
      "member 99 (never started, http://10.9.9.99:2380) is none of this cluster's; " +
        "it is removed from etcd",
    ],
  },
  AuthDisabled: {
    "somebody has switched etcd's authentication on": [
      () => {
        const run = readyRun();
        changeSpec(run, { etcd: { ...run.memory.cluster.spec.etcd, tls: true } });
        run.world.authEnabled = true;
        return news(run, () => run.until(() => !run.world.authEnabled));
      },
      "Warning",
      "etcd's authentication was switched on, which shuts the nodes out; it is switched off",
    ],
  },
  KeysRestored: {
    "somebody has deleted the controller's key": [
      () => {
        const run = readyRun();
        run.world.desired = null;
        return news(run, () => run.until(() => run.world.desired !== null));
      },
      "Warning",
      "etcd did not hold which slots the cluster has; it is written there again",
    ],
  },
  LeaderMoved: {
    "the leader's container is replaced": [
      () => {
        const run = threeRun();
        changeSpec(run, { image: "other" });
        return news(run, () => run.until((p) => p.actions.some((a) => a.type === "MoveLeader")));
      },
      "Normal",
      "leadership goes from slot 1 to 0",
    ],
  },
} satisfies EventTable;
