import { afterEach, expect, test } from "vitest";
import type { ApiServer } from "../../../controller/api/server.ts";
import type { RebalanceAction } from "../../../controller/model/rebalance.ts";
import { ask, AUTHORIZED, failure, json, LAB, NO_OPERATIONS, startApi } from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

async function started() {
  const asked: RebalanceAction[] = [];
  const rebalance = (_: unknown, action: RebalanceAction) => {
    asked.push(action);
    return Promise.resolve();
  };
  const all = await startApi({ operations: { ...NO_OPERATIONS, rebalance } });
  open.push(all.api);
  all.publish();
  const post = (body: string, headers: Record<string, string> = AUTHORIZED) =>
    ask(all.api.url, `${LAB}/rebalance`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
    });
  return { asked, post };
}

test.each(["start", "preview", "cancel"])("%s is passed on", async (action) => {
  const { asked, post } = await started();
  expect((await post(JSON.stringify({ action }))).status).toBe(202);
  expect(asked).toEqual([action]);
});

test.each(["{}", '{"action": "begin"}', '{"action": "start", "more": 1}'])(
  "%s is refused",
  async (body) => {
    const { asked, post } = await started();
    expect([json(await post(body)), asked]).toEqual([failure(400, "BadRequest"), []]);
  },
);

test("nobody asks without the token", async () => {
  const { asked, post } = await started();
  expect([(await post('{"action": "start"}', {})).status, asked]).toEqual([401, []]);
});
