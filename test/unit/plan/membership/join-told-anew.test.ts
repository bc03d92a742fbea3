/**
 * A member that joins is told who the others are, and etcd ends when it finds others ("member count is unequal").
 * Seen on real containers: slot 4 was scaled in while slot 3 joined again as the spare.
 */
import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import type { StartCommand } from "../../../../controller/model/agent-api.ts";
import type { Action } from "../../../../controller/model/action.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { FAILING_MAX_MS } from "../../../../controller/plan/view/failing-etcd.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { changeSpec, type PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

const JOINER = 3;

/** Slot 3 has just been told to join slots 0, 1 and 2. */
function joining(): { run: PlannerRun; told: StartCommand["etcd"] } {
  const run = readyRun();
  changeSpec(run, { replicas: 4 });
  run.until(() => types(run.done).includes(`StartEtcd ${JOINER}`));
  return { run, told: startOf(run.done)?.command.etcd as StartCommand["etcd"] };
}

function startOf(actions: readonly Action[]) {
  const start = actions.findLast((a) => a.type === "StartEtcd" && a.slot === JOINER);
  return start?.type === "StartEtcd" ? start : null;
}

/** Its etcd has ended, and has written nothing; the others' membership has it without a name. */
function failedToJoin(run: PlannerRun, commandId: string | null) {
  const failed = ({ slot, etcd, units }: AgentStatus): Partial<AgentStatus> => {
    if (slot !== JOINER) {
      const members = etcd?.members?.map((m) =>
        m.name === `slot-${JOINER}` ? { ...m, name: "" } : m,
      );
      return etcd === null ? {} : { etcd: { ...etcd, members: members ?? null } };
    }
    const unit = { ...units.etcd, state: "backoff", ready: false, pid: null, restarts: 9 } as const;
    return {
      ...{ phase: "running", commandId, etcd: null, data: { state: "empty" } },
      units: { ...units, etcd: unit },
    };
  };
  return changeAgents(run.world.observed(), failed);
}

/** As if it had been told to join these. */
function toldOf(run: PlannerRun, initialCluster: Readonly<Record<string, string>>): string {
  const commandId = "an-earlier-one";
  const slots = run.memory.slots.map((s) => {
    const etcd = s.task?.startCommand?.etcd;
    if (s.slot !== JOINER || s.task === null || etcd?.mode !== "join") return s;
    return {
      ...s,
      task: { ...s.task, startCommand: { commandId, etcd: { ...etcd, initialCluster } } },
    };
  });
  run.memory = { ...run.memory, slots };
  return commandId;
}

function decide(run: PlannerRun, commandId: string | null, laterMs = 0) {
  const observed = failedToJoin(run, commandId);
  const decided = plan({
    memory: run.memory,
    observed,
    now: run.now + laterMs,
    defaultImage: "image",
  });
  run.memory = decided.memory;
  return decided.actions;
}

describe("a member whose etcd has not joined", () => {
  it("is told anew when the others are others than it was told, and once", () => {
    const { run, told } = joining();
    if (told.mode !== "join") throw new Error(told.mode);
    const stale = { ...told.initialCluster, "slot-9": "http://172.30.0.19:2380" };
    const anew = startOf(decide(run, toldOf(run, stale)));
    expect(anew?.command.etcd).toEqual(told);
    expect(startOf(decide(run, anew?.command.commandId ?? null))).toBeNull();
  });

  it("is added anew when it has failed for long, for whatever reason", () => {
    const { run } = joining();
    const { commandId } = startOf(run.done)?.command ?? { commandId: "" };
    expect(types(decide(run, commandId))).toEqual([]);
    expect(types(decide(run, commandId, FAILING_MAX_MS))).toContain(`RemoveMember ${JOINER}`);
  });
});
