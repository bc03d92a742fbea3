/** Deleting a pod is the kill of its node. */
import { afterEach, describe, expect, test } from "vitest";
import { ERROR_CODES, OperationError } from "../../../../controller/model/errors.ts";
import { node } from "../../cli/cluster-fixture.ts";
import { ask, AUTHORIZED, failure, json, NO_OPERATIONS, startApi } from "../harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const PODS = "/api/v1/namespaces/default/pods";

async function started(killNode?: () => Promise<void>) {
  const killed: number[] = [];
  const kill = killNode ?? (() => Promise.resolve());
  const all = await startApi({
    operations: {
      ...NO_OPERATIONS,
      killNode: async (_cluster, { slot }) => {
        await kill();
        killed.push(slot);
      },
    },
  });
  cleanups.push(() => all.api.close());
  const remove = (path: string, options?: object) =>
    ask(all.api.url, path, {
      method: "DELETE",
      headers: { ...AUTHORIZED, ...(options && { "content-type": "application/json" }) },
      ...(options && { body: JSON.stringify(options) }),
    });
  const uidOf = async (name: string) => {
    const pod = json(await ask(all.api.url, `${PODS}/${name}`)) as { metadata: { uid: string } };
    return pod.metadata.uid;
  };
  return { ...all, killed, remove, uidOf };
}

describe("a pod that is deleted", () => {
  test("ends its node, and another pod takes its place", async () => {
    const { publish, remove, uidOf, killed } = await started();
    publish();
    const uid = await uidOf("lab-1");
    const answer = await remove(`${PODS}/lab-1`, { propagationPolicy: "Background" });
    expect([answer.status, killed]).toEqual([200, [1]]);
    expect(json(answer)).toMatchObject({ status: "Success", details: { name: "lab-1", uid } });
    publish({
      status: {
        nodes: [0, 1, 2].map((slot) => node("lab", slot, slot === 1 ? { taskId: "next" } : {})),
      },
    });
    expect(await uidOf("lab-1")).not.toBe(uid);
  });

  test("may be tried, and has to be the one that is meant", async () => {
    const { publish, remove, killed } = await started();
    publish();
    expect((await remove(`${PODS}/lab-1?dryRun=All`)).status).toBe(200);
    const other = await remove(`${PODS}/lab-1`, { preconditions: { uid: "another" } });
    expect(json(other)).toMatchObject({ code: 409, reason: "Conflict" });
    const version = await remove(`${PODS}/lab-1`, { preconditions: { resourceVersion: "1" } });
    expect(json(version)).toMatchObject({ code: 400 });
    expect(killed).toEqual([]);
  });

  test("on another machine stays, and the answer says where it is", async () => {
    const message = "Slot 1 of lab has no running container on the controller's machine.";
    const elsewhere = new OperationError(ERROR_CODES.NOT_FOUND, "find the container", message);
    const { publish, remove } = await started(() => Promise.reject(elsewhere));
    publish();
    expect(json(await remove(`${PODS}/lab-1`))).toMatchObject({ code: 404, message });
  });

  test("needs the control token", async () => {
    const { publish, api, killed } = await started();
    publish();
    const answer = await ask(api.url, `${PODS}/lab-1`, { method: "DELETE" });
    expect([answer.status, killed]).toEqual([401, []]);
  });
});

test.each([
  ["DELETE", PODS, /one by one/],
  ["POST", PODS, /kubectl edit jc/],
  ["PATCH", `${PODS}/lab-1`, /kubectl scale jc/],
])("%s %s says what to do instead", async (method, path, words) => {
  const { api, publish, killed } = await started();
  publish();
  const answer = await ask(api.url, path, { method, headers: AUTHORIZED });
  expect(json(answer)).toEqual(failure(405, "MethodNotAllowed", expect.stringMatching(words)));
  expect(killed).toEqual([]);
});
