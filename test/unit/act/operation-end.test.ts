/** Whoever has asked for an operation hears of its end, whatever it is. */
import { describe, expect, it } from "vitest";
import { PublishedStore } from "../../../controller/loop/published.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { Operation } from "../../../controller/model/operation.ts";
import { endOfOperation } from "../../../controller/operation-end.ts";
import { asked, ended, started } from "../../../controller/plan/operations/ledger.ts";
import { ANNA, fakeMemory, T0 } from "../../support/planner/fixtures.ts";
import { clusterObject } from "../cli/cluster-fixture.ts";

const KEY = "default/demo";
const begun = started(
  asked([], { kind: "SaveSnapshot", asker: ANNA, askedAt: T0 }),
  1,
  { slot: 0 },
  T0,
);

/** A site that remembers these, and whoever waits for the first of them. */
function waiting(operations: readonly Operation[]) {
  const published = new PublishedStore({ lastResourceVersion: 0 });
  const memories = new Map([[KEY, { ...fakeMemory(), operations }]]);
  const end = endOfOperation({ memories: () => memories, published }, KEY, 1);
  const become = (next: readonly Operation[]) => {
    memories.set(KEY, { ...fakeMemory(), operations: next });
    published.publish(clusterObject(), []);
  };
  return { end, become };
}

describe("the end of an operation", () => {
  it("is told when it is published, and not before", async () => {
    const { end, become } = waiting(begun);
    let isTold = false;
    void end.then(() => {
      isTold = true;
    });
    become(begun);
    await Promise.resolve();
    expect(isTold).toBe(false);
    become(ended(begun, 1, { state: "Succeeded", message: "done" }, T0));
    expect(await end).toMatchObject({ state: "Succeeded", message: "done" });
  });

  it("is told at once when it has ended already", async () => {
    const over = ended(begun, 1, { state: "Succeeded", message: "done" }, T0);
    expect(await waiting(over).end).toMatchObject({ state: "Succeeded" });
  });

  it("is the error on which it failed", async () => {
    const { end, become } = waiting(begun);
    const failed = { state: "Failed", message: "no room", code: ERROR_CODES.DISK_FULL } as const;
    become(ended(begun, 1, failed, T0));
    await expect(end).rejects.toMatchObject({ code: ERROR_CODES.DISK_FULL, message: "no room" });
  });

  it("is not known of one that nobody remembers any more", async () => {
    const { end, become } = waiting(begun);
    become([]);
    await expect(end).rejects.toMatchObject({ code: ERROR_CODES.NOT_FOUND });
  });
});
