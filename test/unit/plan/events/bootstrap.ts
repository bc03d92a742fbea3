/** Events of a cluster's beginning. */
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import {
  bootstrapClusterId,
  bootstrapMemberId,
} from "../../../../controller/model/bootstrap-ids.ts";
import { memberNameOf, peerUrl } from "../../../../controller/model/ids.ts";
import { applyAdoption } from "../../../../controller/plan/apply-adoption.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, T0 } from "../../../support/planner/fixtures.ts";
import { PlannerRun } from "../../../support/planner/run.ts";
import { type EventTable, news } from "./event-table.ts";
import { PLAIN } from "../../../support/etcd/transport.ts";

function newRun(): PlannerRun {
  return new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10"));
}

const SLOTS = [0, 1, 2];
const urlOf = (slot: number) => peerUrl(`172.30.0.1${slot}`, PLAIN);
const TOKEN = fakeMemory().uid;
const FORMED = bootstrapClusterId(
  Object.fromEntries(SLOTS.map((slot) => [memberNameOf(slot), urlOf(slot)])),
  TOKEN,
);

/** All were told to begin, and the containers of these slots died with their data since. */
const afterLoss = (slots: readonly number[]) => () => {
  const run = newRun();
  run.until((p) => p.memory.bootstrap?.phase === "started");
  const forgotten = run.memory.slots.map((s) =>
    slots.includes(s.slot)
      ? {
          ...s,
          retiredMemberId: bootstrapMemberId(urlOf(s.slot), TOKEN),
          task: s.task && { ...s.task, startCommand: null },
        }
      : s,
  );
  const waiting: Partial<AgentStatus> = {
    phase: "awaiting-start",
    commandId: null,
    data: { state: "empty" },
    etcd: null,
  };
  const observed = changeAgents(run.world.observed(), ({ slot, etcd }) =>
    slots.includes(slot) ? waiting : { etcd: etcd && { ...etcd, leaderId: null, members: null } },
  );
  const memory = { ...run.memory, slots: forgotten };
  return plan({ memory, observed, now: run.now, defaultImage: "image" }).memory.events;
};

export const BOOTSTRAP_EVENTS = {
  VolumesAdopted: {
    "a person takes over what others of the name have left": [
      () => applyAdoption(fakeMemory(), ["u2", null], T0).events,
      "Warning",
      "volumes and networks of uid u2, without a uid are taken over, as it was asked for",
    ],
    "and once only": [
      () => {
        const once = applyAdoption(fakeMemory(), ["u2"], T0);
        return applyAdoption(once, ["u2"], T0 + 60_000).events;
      },
      "Warning",
      "volumes and networks of uid u2 are taken over, as it was asked for",
    ],
  },
  ClusterFormed: {
    "the first members have a quorum": [
      () => news(newRun(), (run) => run.untilReady()),
      "Normal",
      "etcd cluster c1 is formed",
    ],
  },
  DataAdopted: {
    "the volumes bring a quorum's data": [
      () => {
        const run = newRun();
        for (const slot of [0, 1]) {
          run.world.etcd.volumes.set(slot, { clusterId: "c0", memberId: `${slot}`, index: 5 });
        }
        return news(run, () => run.until((p) => p.memory.bootstrap !== null));
      },
      "Normal",
      "the nodes bring the data of etcd cluster c0",
    ],
  },
  BootstrapLost: {
    "nothing is left of any first member": [
      afterLoss(SLOTS),
      "Warning",
      "nothing is left of the first members: they begin again",
    ],
  },
  FirstMembersLost: {
    "some of the first members have lost their data": [
      afterLoss([1]),
      "Warning",
      `slot 1 has lost its data while etcd cluster ${FORMED} formed`,
    ],
  },
} satisfies EventTable;
