/**
 * What k9s asks for as it opens and in its views of pods, clusters and nodes, as its source and client-go's have
 * it: method, path, query and Accept. It is not in Debian; this is its side of the contract.
 */
import { afterEach, describe, expect, test } from "vitest";
import { ask, AUTHORIZED, BASE, json, startApi } from "../harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const AGGREGATED =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json";
const JSON_ALONE = "application/json";
/** Of Go's typed clients since client-go 0.32, which decode whichever comes. */
const PROTOBUF = "application/vnd.kubernetes.protobuf,application/json";
const CBOR = "application/cbor,application/json;q=0.9";
const PODS = "/api/v1/namespaces/default/pods";

async function started() {
  const all = await startApi();
  cleanups.push(() => all.api.close());
  all.publish();
  const get = (path: string, accept: string) =>
    ask(all.api.url, path, { headers: { ...AUTHORIZED, accept } });
  return { ...all, get };
}

describe("k9s", () => {
  test.each([
    ["the server's version", "/version", "application/json, */*", { major: "1" }],
    ["the core group", "/api", AGGREGATED, { kind: "APIVersions", versions: ["v1"] }],
    ["the groups", "/apis", AGGREGATED, { kind: "APIGroupList" }],
    ["the core resources", "/api/v1", JSON_ALONE, { kind: "APIResourceList", groupVersion: "v1" }],
    ["our resources", BASE, JSON_ALONE, { kind: "APIResourceList" }],
    [
      "the metrics' resources",
      "/apis/metrics.k8s.io/v1beta1",
      JSON_ALONE,
      { kind: "APIResourceList" },
    ],
    ["namespaces, typed", "/api/v1/namespaces", PROTOBUF, { kind: "NamespaceList" }],
    [
      "namespaces, for its cache",
      "/api/v1/namespaces?limit=500&resourceVersion=0",
      JSON_ALONE,
      { kind: "NamespaceList" },
    ],
    ["one namespace", "/api/v1/namespaces/default", PROTOBUF, { kind: "Namespace" }],
    ["pods, for its cache", `${PODS}?limit=500&resourceVersion=0`, JSON_ALONE, { kind: "PodList" }],
    ["pods in CBOR", PODS, CBOR, { kind: "PodList" }],
    ["pods as rows with objects", `${PODS}?includeObject=Object`, TABLE, { kind: "Table" }],
    ["pods of all namespaces", "/api/v1/pods?includeObject=Object", TABLE, { kind: "Table" }],
    ["a pod, to describe it", `${PODS}/lab-0`, PROTOBUF, { kind: "Pod" }],
    [
      "its events",
      `/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dlab-0%2CinvolvedObject.namespace%3Ddefault&limit=500`,
      PROTOBUF,
      { kind: "EventList" },
    ],
    [
      "clusters as rows",
      `${BASE}/namespaces/default/jupyterclusters?includeObject=Object`,
      TABLE,
      { kind: "Table" },
    ],
    [
      "a cluster, as YAML",
      `${BASE}/namespaces/default/jupyterclusters/lab`,
      JSON_ALONE,
      { kind: "JupyterCluster" },
    ],
    [
      "nodes, for the header",
      "/api/v1/nodes?limit=500&resourceVersion=0",
      JSON_ALONE,
      { kind: "NodeList" },
    ],
    ["nodes as rows", "/api/v1/nodes?includeObject=Object", TABLE, { kind: "Table" }],
    [
      "pods' metrics",
      "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods",
      PROTOBUF,
      { kind: "PodMetricsList" },
    ],
  ])("asks for %s", async (_, path, accept, shape) => {
    const { get } = await started();
    const answer = await get(path, accept);
    expect([answer.status, json(answer)]).toMatchObject([200, shape]);
    expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  });

  test.each([
    [
      "definitions of resources",
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=500",
    ],
    ["nodes' metrics", "/apis/metrics.k8s.io/v1beta1/nodes"],
    ["a workload", "/apis/apps/v1/namespaces/default/deployments"],
  ])("asks for %s, and is told in its own words that there is none", async (_, path) => {
    const { get } = await started();
    const answer = await get(path, PROTOBUF);
    expect([answer.status, json(answer)]).toMatchObject([
      404,
      { kind: "Status", reason: "NotFound" },
    ]);
  });

  test.each([
    [
      "application/json",
      JSON.stringify({ spec: { resourceAttributes: { verb: "list", resource: "pods" } } }),
    ],
    // What Go's clients have written since client-go 0.32: a magic number, then the object.
    ["application/vnd.kubernetes.protobuf", "k8s\0\n\u0002\n\0\u0012\0"],
  ])("asks whether it may, in %s", async (type, body) => {
    const { api } = await started();
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const headers = { ...AUTHORIZED, "content-type": type, accept: PROTOBUF };
    const answer = await ask(api.url, path, { method: "POST", headers, body });
    expect([answer.status, json(answer)]).toMatchObject([201, { status: { allowed: true } }]);
    const stranger = await ask(api.url, path, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    expect(stranger.status).toBe(401);
  });

  test("watches pods from the version of its list", async () => {
    const { get, publish, api } = await started();
    const list = json(await get(`${PODS}?limit=500`, JSON_ALONE)) as {
      metadata: { resourceVersion: string };
    };
    const query = `allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}&timeoutSeconds=1&watch=true`;
    const watching = ask(api.url, `${PODS}?${query}`, {
      headers: { ...AUTHORIZED, accept: JSON_ALONE },
    });
    publish({ status: { nodes: [] } });
    const { text } = await watching;
    const types = text
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(expect.arrayContaining(["DELETED", "BOOKMARK"]));
  });
});
