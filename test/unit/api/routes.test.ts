import { afterEach, describe, expect, test } from "vitest";
import type { ApiServer, ApiServerOptions } from "../../../controller/api/server.ts";
import { ask, BASE, failure, json, LAB, noCluster, startApi } from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

async function started(overrides: Partial<ApiServerOptions> = {}) {
  const all = await startApi(overrides);
  open.push(all.api);
  const get = (path: string, headers: Record<string, string> = {}) =>
    ask(all.api.url, path, { headers });
  return { ...all, get };
}

describe("the API", () => {
  test("tells controller and clusters in brief", async () => {
    const { publish, get } = await started();
    publish({ status: { leader: null, readyReplicas: 2 } });
    expect(json(await get("/status"))).toEqual({
      controller: {
        version: "1.2.3",
        startedAt: "2026-01-02T03:04:05Z",
        process: { pid: 7, user: "anna", stateDirectory: "/home/anna/state" },
        role: "acting",
        store: "/home/anna/state",
        proxies: [],
        mesos: { master: "127.0.0.1:5050", frameworkId: "f-1", registered: true },
      },
      controllers: [],
      clusters: [
        {
          namespace: "default",
          name: "lab",
          phase: "Ready",
          ready: true,
          replicas: 3,
          readyReplicas: 2,
          leader: null,
          jupyter: "http://127.0.0.1:8888/",
          generation: 1,
          observedGeneration: 1,
        },
      ],
    });
  });

  test("serves an object, the lists that it is in, and no other namespace's", async () => {
    const { publish, get } = await started();
    publish({ name: "other", namespace: "team" });
    const lab = publish();
    expect(json(await get(LAB))).toEqual(lab);
    expect(json(await get(`${BASE}/namespaces/default/jupyterclusters`))).toEqual({
      kind: "JupyterClusterList",
      apiVersion: "jupytercluster.dev/v1alpha1",
      metadata: { resourceVersion: "102" },
      items: [lab],
    });
    const all = json(await get(`${BASE}/jupyterclusters`)) as { items: unknown[] };
    expect(all.items).toHaveLength(2);
  });

  test("serves the events of a cluster", async () => {
    const { published, publish, get } = await started();
    const event = { type: "Normal", reason: "NodeLaunched", message: "slot 1", count: 1 } as const;
    const times = { firstTimestamp: "2026-01-01T00:00:00Z", lastTimestamp: "2026-01-01T00:00:00Z" };
    published.publish(publish(), [{ ...event, ...times }]);
    expect(json(await get(`${LAB}/events`))).toMatchObject({ kind: "EventList", items: [event] });
  });

  test("answers 304 to who has the version in force, and the object after a change", async () => {
    const { publish, get } = await started();
    publish();
    const etag = String((await get(LAB)).headers["etag"]);
    const same = await get(LAB, { "if-none-match": `"x", ${etag}` });
    expect([same.status, same.text, same.headers["etag"]]).toEqual([304, "", etag]);
    publish({ generation: 2 });
    expect((await get(LAB, { "if-none-match": etag })).status).toBe(200);
  });

  test("a list has a new version when a cluster was deleted from it", async () => {
    const { published, publish, get } = await started();
    publish();
    const path = `${BASE}/jupyterclusters`;
    const etag = String((await get(path)).headers["etag"]);
    published.remove("default/lab");
    const after = await get(path, { "if-none-match": etag });
    expect(json(after)).toMatchObject({ metadata: { resourceVersion: "102" }, items: [] });
  });

  test.each([
    ["curl/8.5.0", "", true],
    ["node", "", false],
    ["node", "?pretty=true", true],
    ["curl/8.5.0", "?pretty=false", false],
  ])("indents for %s asking with %j: %s", async (agent, query, indented) => {
    const { publish, get } = await started();
    publish();
    const { text } = await get(`${LAB}${query}`, { "user-agent": agent });
    expect(text.split("\n").length > 10).toBe(indented);
  });

  test("answers HEAD with the headers of GET and no body", async () => {
    const { api, publish, get } = await started();
    publish();
    const head = await ask(api.url, LAB, { method: "HEAD" });
    const { headers } = await get(LAB);
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers["content-length"]).toBe(headers["content-length"]);
    expect(head.headers["etag"]).toBe(headers["etag"]);
  });

  test.each([
    ["GET", "/nowhere", 404, "NotFound"],
    ["GET", `${BASE}/namespaces/%zz/jupyterclusters`, 400, "BadRequest"],
    ["GET", `${BASE}/jupyterclusters?watch=maybe`, 400, "BadRequest"],
    ["GET", `${BASE}/jupyterclusters?labelSelector=%3Db`, 400, "BadRequest"],
    ["GET", "//example.com/status", 404, "NotFound"],
    ["DELETE", LAB, 401, "Unauthorized"],
    ["OPTIONS", "/status", 405, "MethodNotAllowed"],
    ["GET", "/shutdown", 405, "MethodNotAllowed"],
  ])("answers %s %s with %i %s", async (method, path, code, reason) => {
    const { api, publish } = await started();
    publish();
    const answer = await ask(api.url, path, { method });
    expect(answer.status).toBe(code);
    expect(json(answer)).toEqual(failure(code, reason));
  });

  test.each([
    [`${BASE}/namespaces/default/jupyterclusters/none`, "none"],
    [`${BASE}/namespaces/other/jupyterclusters/lab`, "lab"],
  ])("answers GET %s with 404, which names the resource", async (path, name) => {
    const { api, publish } = await started();
    publish();
    const answer = await ask(api.url, path);
    expect([answer.status, json(answer)]).toEqual([404, noCluster(name)]);
  });

  test("says which methods are possible", async () => {
    const { api } = await started();
    const one = await ask(api.url, "/status", { method: "PUT" });
    const other = await ask(api.url, "/shutdown", { method: "PUT" });
    expect([one.headers["allow"], other.headers["allow"]]).toEqual(["GET, HEAD", "POST"]);
  });

  test.each([
    ["localhost:8001", 200],
    ["lab.localhost", 200],
    ["127.0.0.1:8001", 200],
    ["[::1]:8001", 200],
    ["controller.example:8001", 200],
    ["evil.example", 403],
    ["127.0.0.1.evil.example", 403],
    ["192.0.2.7:8001", 403],
    ["0.0.0.0:8001", 403],
  ])("asked as %s, answers %i", async (host, code) => {
    const { get } = await started({ hostNames: ["Controller.example"] });
    expect((await get("/status", { host })).status).toBe(code);
  });

  test("lets no other web page read anything", async () => {
    const { get } = await started();
    const { headers } = await get("/status", { origin: "http://evil.example" });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });
});
