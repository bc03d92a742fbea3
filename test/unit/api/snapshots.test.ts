import { afterEach, describe, expect, test } from "vitest";
import type { ApiServer } from "../../../controller/api/server.ts";
import type { ApiOperations } from "../../../controller/api/operations.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { RestoreRequest } from "../../../controller/model/snapshot.ts";
import { snapshot } from "../cli/cluster-fixture.ts";
import { ask, AUTHORIZED, failure, json, LAB, NO_OPERATIONS, startApi } from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

const [first, second] = [snapshot(1), snapshot(2)];

/** A cluster with two snapshots, of which the test says what may be done. */
async function started(overrides: Partial<ApiOperations> = {}) {
  const restores: RestoreRequest[] = [];
  const all = await startApi({
    operations: {
      ...NO_OPERATIONS,
      snapshots: () => Promise.resolve([first, second]),
      takeSnapshot: () => Promise.resolve(second),
      restore: (_, request) => {
        restores.push(request);
        return Promise.resolve();
      },
      ...overrides,
    },
  });
  open.push(all.api);
  all.publish();
  const post = (path: string, body?: string) =>
    ask(all.api.url, `${LAB}/${path}`, {
      method: "POST",
      headers: {
        ...AUTHORIZED,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });
  const get = (path: string) => ask(all.api.url, `${LAB}/${path}`);
  return { ...all, post, get, restores };
}

describe("snapshots", () => {
  test("are listed, newest last, for whoever may see the cluster", async () => {
    const { get } = await started();
    const answer = await get("snapshots");
    expect(json(answer)).toMatchObject({ kind: "SnapshotList", items: [first, second] });
  });

  test("are taken when they are asked for, and told when they are stored", async () => {
    const { post } = await started();
    for (const body of [undefined, "{}"]) {
      const answer = await post("snapshots", body);
      expect([answer.status, json(answer)]).toEqual([201, second]);
    }
  });

  test.each([
    [ERROR_CODES.DISK_FULL, 507, "InsufficientStorage"],
    [ERROR_CODES.ETCD_UNAVAILABLE, 503, "ServiceUnavailable"],
    [ERROR_CODES.SNAPSHOT_FAILED, 500, "InternalError"],
    [ERROR_CODES.TIMEOUT, 504, "Timeout"],
  ])("that cannot be taken are answered with the error, %s", async (code, status, reason) => {
    const error = new OperationError(code, "SaveSnapshot", "/srv/backup: as it is.");
    const { post } = await started({ takeSnapshot: () => Promise.reject(error) });
    const answer = await post("snapshots");
    expect(answer.status).toBe(status);
    expect(json(answer)).toEqual(failure(status, reason, "/srv/backup: as it is.", code));
  });

  test("of a cluster that is not there are not found", async () => {
    const { api } = await started();
    const path = LAB.replace("/lab", "/other");
    for (const method of ["GET", "POST"]) {
      const answer = await ask(api.url, `${path}/snapshots`, { method, headers: AUTHORIZED });
      expect(answer.status).toBe(404);
    }
  });
});

describe("a restore", () => {
  test.each([
    [{ snapshot: first.id }, { from: "snapshot", snapshot: first }],
    [{ empty: true }, { from: "nothing" }],
  ] as const)("that is asked for as %j is on its way", async (body, request) => {
    const { post, restores } = await started();
    const answer = await post("restore", JSON.stringify(body));
    expect(answer.status).toBe(202);
    expect(json(answer)).toMatchObject({ kind: "Status", status: "Success" });
    expect(restores).toEqual([request]);
  });

  test("of a snapshot that there is not is refused, and those that there are are told", async () => {
    const { post, restores } = await started();
    const answer = await post("restore", '{"snapshot":"nope"}');
    const message = `There is no snapshot nope; there are: ${first.id}, ${second.id}.`;
    expect(json(answer)).toEqual(failure(404, "NotFound", message));
    expect(restores).toEqual([]);
  });

  test.each([
    ["{}"],
    ['{"empty":false}'],
    [`{"snapshot":"${first.id}","empty":true}`],
    [`{"snapshot":"${first.id}","dryRun":true}`],
    ['{"snapshot":1}'],
    ["[]"],
  ])("as %s is not understood", async (body) => {
    const { post, restores } = await started();
    expect((await post("restore", body)).status).toBe(400);
    expect(restores).toEqual([]);
  });

  test("cannot be posted by a foreign page's form", async () => {
    const { api, restores } = await started();
    const headers = { ...AUTHORIZED, "content-type": "text/plain" };
    const body = '{"empty":true}';
    const answer = await ask(api.url, `${LAB}/restore`, { method: "POST", headers, body });
    expect([answer.status, restores]).toEqual([415, []]);
  });

  test("is not taken for agreed while it cannot be stored", async () => {
    const late = new OperationError(ERROR_CODES.TIMEOUT, "Restore", "not in time");
    const { post } = await started({ restore: () => Promise.reject(late) });
    expect((await post("restore", '{"empty":true}')).status).toBe(504);
  });
});
