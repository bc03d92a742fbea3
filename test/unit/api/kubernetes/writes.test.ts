import { afterEach, describe, expect, test } from "vitest";
import { parseManifest } from "../../../../crd-schema/documents.ts";
import type { FieldOwner } from "../../../../controller/api/kubernetes/write/field-owners.ts";
import type {
  ManagedSpecs,
  Manifest,
} from "../../../../controller/api/kubernetes/write/managed-specs.ts";
import { clusterObject } from "../../cli/cluster-fixture.ts";
import { ask, AUTHORIZED, BASE, json, startApi } from "../harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const ALL = `${BASE}/namespaces/default/jupyterclusters`;
const TEAM = `${ALL}/team`;
const MERGE = "application/merge-patch+json";
const APPLY = "application/apply-patch+yaml";

/** A controller that takes every document as soon as it is saved. */
async function started(foreign: string | null = null) {
  const saved: Manifest[] = [];
  const removed: string[] = [];
  let owners: readonly FieldOwner[] = [];
  const specs: ManagedSpecs = {
    foreignFile: () => foreign,
    problems: (manifest) =>
      Promise.resolve(parseManifest(JSON.stringify(manifest), "team.yaml").problems),
    owners: () => Promise.resolve(owners),
    save: (manifest, next) => {
      saved.push(manifest);
      owners = next;
      const { metadata } = clusterObject();
      all.published.publish(
        {
          ...clusterObject(),
          metadata: { ...metadata, ...manifest.metadata },
          spec: manifest.spec,
        },
        [],
      );
      return Promise.resolve();
    },
    putBack: () => Promise.reject(new Error("not expected")),
    remove: ({ name }) => {
      removed.push(name);
      all.published.remove(`default/${name}`);
      return Promise.resolve();
    },
  };
  const all = await startApi({ specs });
  cleanups.push(() => all.api.close());
  const send = async (method: string, path: string, body: unknown, type = "application/json") => {
    const headers = { ...AUTHORIZED, "content-type": type, "user-agent": "test/1" };
    const answer = await ask(all.api.url, path, { method, headers, body: JSON.stringify(body) });
    return { status: answer.status, body: json(answer) as Record<string, unknown> };
  };
  return { ...all, send, saved, removed };
}

function team(spec: object, metadata: object = {}) {
  return {
    apiVersion: "jupytercluster.dev/v1alpha1",
    kind: "JupyterCluster",
    metadata: { name: "team", ...metadata },
    spec,
  };
}

describe("a cluster made over the API", () => {
  test("is saved as a person would write it, without what the controller fills in", async () => {
    const { send, saved } = await started();
    const filledIn = { uid: "u", resourceVersion: "", managedFields: [], generation: 7 };
    const made = await send("POST", ALL, { ...team({ replicas: 5 }, filledIn), status: {} });
    expect(made).toMatchObject({ status: 201, body: { spec: { replicas: 5 } } });
    const metadata = { namespace: "default", name: "team", labels: {}, annotations: {} };
    expect(saved).toEqual([{ ...team({ replicas: 5 }), metadata }]);
  });

  test("is refused when there is one", async () => {
    const { send } = await started();
    await send("POST", ALL, team({}));
    expect(await send("POST", ALL, team({}))).toMatchObject({
      status: 409,
      body: {
        reason: "AlreadyExists",
        message: 'jupyterclusters.jupytercluster.dev "team" already exists',
      },
    });
  });

  test("is refused with every field that is wrong", async () => {
    const { send, saved } = await started();
    const refused = await send(
      "POST",
      ALL,
      team({ replicas: "many", replicaz: 1 }, { owner: "x" }),
    );
    expect(refused).toMatchObject({ status: 422, body: { reason: "Invalid" } });
    const { causes } = refused.body["details"] as { causes: { field: string }[] };
    expect(causes.map(({ field }) => field).toSorted()).toEqual([
      "metadata.owner",
      "spec.replicas",
      "spec.replicaz",
    ]);
    expect(saved).toEqual([]);
  });

  test.each([
    ["no object", [], 400],
    ["another kind", { ...team({}), kind: "Pod" }, 400],
    ["no name", { ...team({}), metadata: {} }, 400],
    ["another namespace", team({}, { namespace: "other" }), 400],
  ])("is refused as %s", async (_, body, status) => {
    const { send, saved } = await started();
    expect((await send("POST", ALL, body)).status).toBe(status);
    expect(saved).toEqual([]);
  });

  test("with dryRun is checked and not saved", async () => {
    const { send, saved } = await started();
    const tried = await send("POST", `${ALL}?dryRun=All`, team({ replicas: 5 }));
    expect(tried).toMatchObject({ status: 201, body: { spec: { replicas: 5 } } });
    const wrong = await send("POST", `${ALL}?dryRun=All`, team({ replicas: 0 }));
    expect(wrong.status).toBe(422);
    expect(saved).toEqual([]);
  });
});

describe("a change", () => {
  test("by a merge patch keeps the rest", async () => {
    const { send, saved } = await started();
    await send("POST", ALL, team({ replicas: 3 }, { labels: { a: "b" } }));
    const patch = { metadata: { labels: { c: "d" } }, spec: { replicas: 5 }, status: { x: 1 } };
    expect((await send("PATCH", TEAM, patch, MERGE)).status).toBe(200);
    expect(saved[1]?.spec).toEqual({ replicas: 5 });
    expect(saved[1]?.metadata.labels).toEqual({ a: "b", c: "d" });
  });

  test("of an older version is refused", async () => {
    const { send } = await started();
    const made = await send("POST", ALL, team({ replicas: 3 }));
    const { resourceVersion } = made.body["metadata"] as { resourceVersion: string };
    const patch = (replicas: number) => ({ metadata: { resourceVersion }, spec: { replicas } });
    expect((await send("PATCH", TEAM, patch(5), MERGE)).status).toBe(200);
    const late = await send("PATCH", TEAM, patch(7), MERGE);
    expect(late).toMatchObject({ status: 409, body: { reason: "Conflict" } });
    expect(late.body["message"]).toMatch(/the object has been modified/);
  });

  test("of the scale is one of the replicas", async () => {
    const { send, saved } = await started();
    await send("POST", ALL, team({ replicas: 3 }));
    const scaled = await send("PATCH", `${TEAM}/scale`, { spec: { replicas: 5 } }, MERGE);
    expect(scaled).toMatchObject({ status: 200, body: { kind: "Scale", spec: { replicas: 5 } } });
    expect(saved[1]?.spec).toEqual({ replicas: 5 });
    const wrong = await send("PATCH", `${TEAM}/scale`, { spec: { replicas: 0 } }, MERGE);
    expect(wrong.status).toBe(422);
  });

  test("by server-side apply tells of what others want", async () => {
    const { send, saved } = await started();
    const apply = (manager: string, spec: object, more = "") =>
      send("PATCH", `${TEAM}?fieldManager=${manager}${more}`, team(spec), APPLY);
    expect((await apply("anna", { replicas: 3, suspend: true })).status).toBe(201);
    expect(await apply("ben", { replicas: 5 })).toMatchObject({
      status: 409,
      body: { message: 'Apply failed with 1 conflict: conflict with "anna": .spec.replicas' },
    });
    expect((await apply("ben", { replicas: 5 }, "&force=true")).status).toBe(200);
    expect(saved.at(-1)?.spec).toEqual({ replicas: 5, suspend: true });
    expect((await send("PATCH", TEAM, team({}), APPLY)).status).toBe(400);
  });

  test("of a cluster that comes from a file names the file", async () => {
    const { send, publish, saved } = await started("/srv/lab.yaml");
    publish();
    const lab = `${ALL}/lab`;
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const type = method === "PATCH" ? MERGE : "application/json";
      const refused = await send(method, lab, method === "DELETE" ? {} : { spec: {} }, type);
      // No `Conflict`: kubectl scale would try that again for minutes.
      expect(refused).toMatchObject({ status: 409, body: { reason: "Forbidden" } });
      expect(refused.body["message"]).toContain("/srv/lab.yaml");
    }
    expect(saved).toEqual([]);
  });

  test.each(["PUT", "PATCH", "DELETE"])("by %s of one that is not there is 404", async (method) => {
    const { send } = await started();
    const type = method === "PATCH" ? MERGE : "application/json";
    expect((await send(method, TEAM, {}, type)).status).toBe(404);
  });

  test("without the token is refused before the body is read", async () => {
    const { api } = await started();
    const answer = await ask(api.url, TEAM, { method: "PATCH", body: "{" });
    expect(answer.status).toBe(401);
  });
});

describe("a deletion", () => {
  test("is written as the policy first, so that a lost file can't keep the cluster", async () => {
    const { send, saved, removed } = await started();
    await send("POST", ALL, team({ replicas: 3 }));
    const deleted = await send("DELETE", TEAM, { propagationPolicy: "Background" });
    expect(deleted).toMatchObject({ status: 200, body: { status: "Success" } });
    expect(saved[1]?.spec).toEqual({ replicas: 3, deletionPolicy: "Delete" });
    expect(removed).toEqual(["team"]);
  });

  test("with dryRun, or of another object than the client means, deletes nothing", async () => {
    const { send, removed } = await started();
    await send("POST", ALL, team({ replicas: 3 }));
    expect((await send("DELETE", TEAM, { dryRun: ["All"] })).status).toBe(200);
    expect((await send("DELETE", TEAM, { preconditions: { uid: "other" } })).status).toBe(409);
    expect(removed).toEqual([]);
  });
});
