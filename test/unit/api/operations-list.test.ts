/** Operations over the API: the list, and who asked. */
import { afterEach, describe, expect, test } from "vitest";
import { askerOf } from "../../../controller/api/asker.ts";
import type { ApiServer } from "../../../controller/api/server.ts";
import { userAgent } from "../../../controller/cli/client/user-agent.ts";
import type { Asker } from "../../../controller/model/operation.ts";
import { operation, snapshot } from "../cli/cluster-fixture.ts";
import { ask, AUTHORIZED, json, LAB, NO_OPERATIONS, startApi } from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

test("operations are listed for whoever may see the cluster, newest last", async () => {
  const { api, publish } = await startApi();
  open.push(api);
  const operations = [operation({ id: "snapshot-1" }), operation({ id: "restore-2" })];
  publish({ status: { operations } });
  const list = { kind: "OperationList", apiVersion: "jupytercluster.dev/v1alpha1" };
  const answer = json(await ask(api.url, `${LAB}/operations`));
  expect(answer).toEqual({ ...list, metadata: { resourceVersion: "101" }, items: operations });
});

test("whoever asks is handed on, as the request says it", async () => {
  const askers: Asker[] = [];
  const note = (asker: Asker) => {
    askers.push(asker);
    return Promise.resolve();
  };
  const { api, publish } = await startApi({
    operations: {
      ...NO_OPERATIONS,
      snapshots: () => Promise.resolve([]),
      takeSnapshot: (_, asker) => note(asker).then(() => snapshot(1)),
      restore: (_, __, asker) => note(asker),
      rebalance: (_, __, asker) => note(asker),
    },
  });
  open.push(api);
  publish();
  const headers = {
    ...AUTHORIZED,
    "content-type": "application/json",
    "user-agent": "jupyter-cluster/9.9.9 (anna@desk)",
  };
  const post = (path: string, body: string) =>
    ask(api.url, `${LAB}/${path}`, { method: "POST", headers, body });
  await post("snapshots", "{}");
  await post("restore", '{"empty":true}');
  await post("rebalance", '{"action":"start"}');
  expect(askers).toEqual(Array(3).fill({ via: "CommandLine", user: "anna@desk" }));
});

describe("who asks", () => {
  const authorization = "Bearer t";
  test.each<[string, Record<string, string>, Asker]>([
    ["a session of the page", { "user-agent": "Mozilla/5.0" }, { via: "Page", user: null }],
    ["kubectl", { authorization, "user-agent": "kubectl/v1.32.3" }, { via: "Kubectl", user: null }],
    ["another program", { authorization, "user-agent": "curl/8" }, { via: "API", user: null }],
    ["nobody who says so", { authorization }, { via: "API", user: null }],
    [
      "a command line with something else in its name",
      { authorization, "user-agent": "jupyter-cluster/1 (<b>anna</b>)" },
      { via: "API", user: null },
    ],
  ])("is %s", (_, headers, asker) => {
    expect(askerOf({ headers })).toEqual(asker);
  });

  test("is our command line, by the name that it gives itself", () => {
    const headers = { authorization, "user-agent": userAgent() };
    expect(askerOf({ headers })).toMatchObject({
      via: "CommandLine",
      user: expect.stringMatching(/^[^@]+@[^@]+$/),
    });
  });
});
