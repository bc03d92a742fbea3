import { afterEach, expect, test } from "vitest";
import type { ApiServer } from "../../../controller/api/server.ts";
import type { OwnerUid } from "../../../controller/model/ids.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { ask, AUTHORIZED, failure, json, LAB, NO_OPERATIONS, startApi } from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

const FOREIGN = {
  holdings: [{ kind: "shared", name: "v", owner: null }],
  containers: ["abc"],
} as const;

async function started(refusal: OperationError | null = null) {
  const adoptions: (readonly OwnerUid[])[] = [];
  const all = await startApi({
    operations: {
      ...NO_OPERATIONS,
      foreign: () => Promise.resolve(FOREIGN),
      adopt: (_, owners) => {
        if (refusal !== null) return Promise.reject(refusal);
        adoptions.push(owners);
        return Promise.resolve();
      },
    },
  });
  open.push(all.api);
  all.publish();
  const headers = { ...AUTHORIZED, "content-type": "application/json" };
  const adopt = (body: string) =>
    ask(all.api.url, `${LAB}/adopt`, { method: "POST", headers, body });
  return { url: all.api.url, adopt, adoptions };
}

test("what is foreign is told to whoever has the token", async () => {
  const { url } = await started();
  const answer = await ask(url, `${LAB}/foreign`, { headers: AUTHORIZED });
  expect(json(answer)).toMatchObject({ items: FOREIGN.holdings, containers: ["abc"] });
  expect((await ask(url, `${LAB}/foreign`)).status).toBe(401);
});

test("owners are taken over as they are named", async () => {
  const { adopt, adoptions } = await started();
  const answer = await adopt('{"owners": ["u2", null]}');
  expect([answer.status, adoptions]).toEqual([202, [["u2", null]]]);
});

test.each(["{}", '{"owners": []}', '{"owners": [7]}', '{"owners": ["u"], "more": 1}'])(
  "%s is refused",
  async (body) => {
    const { adopt, adoptions } = await started();
    const answer = await adopt(body);
    expect([json(answer), adoptions]).toEqual([failure(400, "BadRequest"), []]);
  },
);

test("a conflict is told as one", async () => {
  const error = new OperationError(ERROR_CODES.FOREIGN_OWNER, "adopt", "at work.");
  const { adopt } = await started(error);
  expect(json(await adopt('{"owners": ["u2"]}'))).toEqual(
    failure(409, "Conflict", "at work.", ERROR_CODES.FOREIGN_OWNER),
  );
});
