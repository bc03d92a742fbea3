import { afterEach, describe, expect, test } from "vitest";
import type { ApiServer } from "../../../../controller/api/server.ts";
import { clusterKey } from "../../../../controller/model/ids.ts";
import { until } from "../../../support/poll.ts";
import { ask, AUTHORIZED, BASE, json, startApi } from "../harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const ALL = `${BASE}/namespaces/default/jupyterclusters`;

async function started() {
  const all = await startApi();
  cleanups.push(() => all.api.close());
  const get = async (path: string, accept?: string) =>
    json(
      await ask(all.api.url, path, { headers: accept === undefined ? {} : { accept } }),
    ) as object;
  return { ...all, get };
}

async function watched(api: ApiServer, path: string) {
  const abort = new AbortController();
  cleanups.push(() => abort.abort());
  const response = await fetch(`${api.url}${path}`, { signal: abort.signal });
  const lines: { type: string; object: { metadata: { name: string } } }[] = [];
  let text = "";
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const parts = text.split("\n");
      text = parts.pop() ?? "";
      lines.push(...parts.map((part) => JSON.parse(part) as (typeof lines)[number]));
    }
  })();
  reading.catch(() => {});
  return { response, lines, reading };
}

describe("discovery", () => {
  test("leads from the groups to every resource, whose list is where it says", async () => {
    const { get } = await started();
    const { groups } = (await get("/apis")) as unknown as {
      groups: { versions: { groupVersion: string }[] }[];
    };
    const roots = [
      "/api/v1",
      ...groups.flatMap(({ versions }) => versions.map((v) => `/apis/${v.groupVersion}`)),
    ];
    const names: string[] = [];
    for (const root of roots) {
      const { resources } = (await get(root)) as unknown as {
        resources: { name: string; kind: string }[];
      };
      for (const { name, kind } of resources) {
        names.push(name);
        if (name.includes("/")) continue;
        expect(await get(`${root}/${name}`)).toMatchObject({ kind: `${kind}List` });
      }
    }
    expect(names).toContain("jupyterclusters/scale");
    expect(names).toContain("pods/exec");
  });

  test("tells that dryRun and fieldValidation are understood, without which kubectl applies nothing", async () => {
    const { get } = await started();
    const { paths } = (await get("/openapi/v3")) as unknown as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    const [document] = Object.values(paths);
    const openApi = (await get(document?.serverRelativeURL ?? "")) as unknown as {
      paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
    };
    const one = openApi.paths[`${BASE}/namespaces/{namespace}/jupyterclusters/{name}`];
    const names = one?.["patch"]?.parameters.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["dryRun", "fieldValidation"]));
  });
});

describe("a table", () => {
  test("has a row for each cluster, with the reason why one is not ready", async () => {
    const { get, publish } = await started();
    publish();
    const table = (await get(ALL, TABLE)) as unknown as {
      kind: string;
      columnDefinitions: { name: string }[];
      rows: { cells: unknown[]; object: { kind: string } }[];
    };
    expect(table.kind).toBe("Table");
    const names = table.columnDefinitions.map(({ name }) => name);
    expect(names.slice(0, 6)).toEqual(["Name", "Ready", "Nodes", "Leader", "Phase", "Age"]);
    expect(table.rows[0]?.cells).toHaveLength(names.length);
    expect(table.rows[0]?.object.kind).toBe("PartialObjectMetadata");
    const whole = (await get(`${ALL}?includeObject=Object`, TABLE)) as typeof table;
    expect(whole.rows[0]?.object.kind).toBe("JupyterCluster");
  });

  test("comes when an older client asks for its form before", async () => {
    const { get, publish } = await started();
    publish();
    const old = "application/json;as=Table;v=v1beta1;g=meta.k8s.io";
    expect(await get(ALL, old)).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
  });

  test("is nothing for a client that takes no JSON", async () => {
    const { get } = await started();
    const protobuf = "application/vnd.kubernetes.protobuf";
    expect(await get(ALL, protobuf)).toMatchObject({ reason: "NotAcceptable", code: 406 });
    expect(await get(ALL, `${protobuf},application/json`)).toMatchObject({
      kind: "JupyterClusterList",
    });
  });
});

describe("pods and events", () => {
  test("are the nodes of the clusters and what happened to them", async () => {
    const { get, publish } = await started();
    publish();
    const { items } = (await get("/api/v1/namespaces/default/pods")) as unknown as {
      items: { metadata: { name: string; ownerReferences: { name: string }[] } }[];
    };
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["lab-0", "lab-1", "lab-2"]);
    expect(items[0]?.metadata.ownerReferences[0]?.name).toBe("lab");
    const follower = "labelSelector=jupytercluster.dev%2Frole%3Dleader";
    const leaders = (await get(`/api/v1/pods?${follower}`)) as unknown as { items: unknown[] };
    expect(leaders.items).toHaveLength(1);
    expect(await get("/api/v1/namespaces/default/pods/lab-9")).toMatchObject({
      code: 404,
      message: 'pods "lab-9" not found',
    });
    expect(await get("/api/v1/namespaces/default")).toMatchObject({ kind: "Namespace" });
  });

  test("a log wants the token, and a unit that there is", async () => {
    const { api, publish } = await started();
    publish();
    const log = "/api/v1/namespaces/default/pods/lab-0/log";
    const of = (query: string, headers = AUTHORIZED as Record<string, string>) =>
      ask(api.url, `${log}${query}`, { headers });
    expect((await of("?container=etcd", {})).status).toBe(401);
    expect((await of("?container=etcd&tailLines=5")).text).toBe("a line\n");
    expect(json(await of(""))).toMatchObject({ code: 400 });
    expect(json(await of("?container=nginx"))).toMatchObject({
      message:
        "container nginx is not valid for pod lab-0, choose one of: [etcd jupyter sshd agent]",
    });
  });
});

describe("a watch from a version", () => {
  test("tells what has changed since, and nothing before", async () => {
    const { api, publish } = await started();
    publish();
    const { metadata } = publish({ generation: 2 });
    publish({ name: "other" });
    const { lines } = await watched(
      api,
      `${ALL}?watch=true&resourceVersion=${metadata.resourceVersion}`,
    );
    publish({ name: "third" });
    await until("two lines", () => lines.length === 2);
    expect(lines.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "ADDED other",
      "ADDED third",
    ]);
  });

  test("that is too old, or of another controller, is Expired", async () => {
    const { get, publish } = await started();
    publish();
    for (const version of ["1", "999999"]) {
      const expired = await get(`${ALL}?watch=true&resourceVersion=${version}`);
      expect(expired).toMatchObject({ code: 410, reason: "Expired" });
    }
  });

  test("of selected objects tells of those that cease to be selected as deleted", async () => {
    const { api, publish } = await started();
    const { lines } = await watched(api, `${ALL}?watch=true&fieldSelector=status.phase%3DReady`);
    publish();
    publish({ status: { phase: "Progressing" } });
    await until("two lines", () => lines.length === 2);
    expect(lines.map(({ type }) => type)).toEqual(["ADDED", "DELETED"]);
  });

  test("of namespaces tells of one as long as a cluster is in it", async () => {
    const { api, published, publish } = await started();
    publish();
    publish({ name: "other" });
    const { lines } = await watched(api, "/api/v1/namespaces?watch=true");
    await until("it is there", () => lines.length === 1);
    published.remove(clusterKey({ namespace: "default", name: "lab" }));
    publish({ name: "third" });
    published.remove(clusterKey({ namespace: "default", name: "third" }));
    published.remove(clusterKey({ namespace: "default", name: "other" }));
    await until("it is gone", () => lines.length > 1);
    expect(lines.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      "ADDED default",
      "DELETED default",
    ]);
  });

  test("ends with a bookmark for a client that wants one", async () => {
    const { api, publish } = await started();
    publish();
    const path = `${ALL}?watch=true&allowWatchBookmarks=true&timeoutSeconds=1`;
    const { lines, reading } = await watched(api, path);
    await reading;
    expect(lines.map(({ type }) => type)).toEqual(["ADDED", "BOOKMARK"]);
  });
});
