import { describe, expect, it } from "vitest";
import { lastKnown } from "../../../../controller/model/observed.ts";
import { RENEWED_BEFORE_MS } from "../../../../controller/plan/health/renew-certificates.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { readyRun } from "../../../support/planner/run.ts";

/** What a ready cluster asks for when slot 1's certificate ends so many milliseconds from now. */
function plannedWith(endsIn: number | null) {
  const { memory, world, now } = readyRun();
  const observed = world.observed();
  const agents = new Map(
    [...observed.agents].map(([taskId, source]) => {
      const status = lastKnown(source);
      if (status?.slot !== 1) return [taskId, source];
      const certificateNotAfter = endsIn === null ? null : now + endsIn;
      return [taskId, { ...source, value: { ...status, certificateNotAfter } }];
    }),
  );
  const decided = plan({ memory, observed: { ...observed, agents }, now, defaultImage: "image" });
  const starts = decided.actions.flatMap((a) => (a.type === "StartEtcd" ? [a] : []));
  return { starts, memory, decided, now };
}

describe("a node's certificate", () => {
  it("is renewed long before its end, with the command in force, and nothing else happens", () => {
    const { starts, memory, decided } = plannedWith(RENEWED_BEFORE_MS);
    const told = memory.slots.find(({ slot }) => slot === 1)?.task?.startCommand;
    expect(starts.map(({ slot, command }) => [slot, command.commandId, command.etcd])).toEqual([
      [1, told?.commandId, told?.etcd],
    ]);
    expect(decided.memory).toBe(memory);
  });

  it("is left alone before, and looked at again when its time has come", () => {
    const { starts, decided, now } = plannedWith(RENEWED_BEFORE_MS + 5);
    expect(starts).toEqual([]);
    expect(decided.requeueAt).toBeLessThanOrEqual(now + 5);
  });

  it("is not there without TLS", () => {
    expect(plannedWith(null).starts).toEqual([]);
  });
});
