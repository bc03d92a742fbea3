import { expect, it } from "vitest";
import { lookAtForeign, requireAdoptable } from "../../../controller/act/foreign.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { Holding } from "../../../controller/model/holdings.ts";
import { fakeMemory } from "../../support/planner/fixtures.ts";

const owner = { namespace: "default", name: "demo", uid: "u2", createdBy: null };
const HOLDING: Holding = { kind: "shared", name: "v", owner };

it("is looked at on this machine's engine alone", async () => {
  await expect(lookAtForeign(null, fakeMemory())).rejects.toMatchObject({
    code: ERROR_CODES.CONTROLLER_REFUSED,
    message: expect.stringContaining("--mesos local"),
  });
});

it("can be taken over when nothing works on it, by those owners that a person has seen", () => {
  const foreign = { holdings: [HOLDING], containers: [] };
  requireAdoptable(foreign, ["u2"], fakeMemory());
  const other = () => requireAdoptable(foreign, ["u3"], fakeMemory());
  expect(other).toThrow("Nothing here belongs to u3 (any more).");
});

it("cannot be taken over while containers are at work on it, and the way on is one line", () => {
  const foreign = { holdings: [HOLDING], containers: ["abc", "def"] };
  expect(() => requireAdoptable(foreign, ["u2"], fakeMemory())).toThrow(
    "`docker rm -f abc def && jupyter-cluster adopt demo`",
  );
});
