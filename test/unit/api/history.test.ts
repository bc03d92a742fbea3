import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadManifests } from "../../../crd-schema/load.ts";
import type { Manifest } from "../../../controller/api/kubernetes/write/managed-specs.ts";
import type { SpecGeneration } from "../../../controller/model/generation.ts";
import { putBack } from "../../../controller/spec-files/persons-files.ts";
import { clusterObject } from "../cli/cluster-fixture.ts";
import {
  ask,
  AUTHORIZED,
  failure,
  json,
  LAB,
  NO_OPERATIONS,
  NO_SPECS,
  startApi,
} from "./harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const GENERATIONS: readonly SpecGeneration[] = [
  { generation: 4, at: null, spec: { replicas: 3 } },
  { generation: 5, at: 1_000, spec: { replicas: 5, proxy: { port: 8890 } } },
];

/** A controller that takes what is put back as soon as it is written. */
async function started({ isBroken = false, foreign = "lab.yaml" as string | null } = {}) {
  const written: [string, unknown][] = [];
  const take = (where: string, spec: Manifest["spec"]) => {
    written.push([where, spec]);
    all.published.publish({ ...clusterObject(), spec }, []);
  };
  const specs = {
    ...NO_SPECS,
    foreignFile: () => foreign,
    problems: () => Promise.resolve([]),
    owners: () => Promise.resolve([]),
    save: async ({ spec }: Manifest) => take("managed", spec),
    putBack: async (_: unknown, spec: Manifest["spec"]) => {
      take("person's", spec);
      return [];
    },
  };
  const history = () => ({ generations: GENERATIONS, isBroken });
  const all = await startApi({ specs, operations: { ...NO_OPERATIONS, history } });
  cleanups.push(() => all.api.close());
  all.published.publish({ ...clusterObject(), spec: GENERATIONS[1]?.spec ?? {} }, []);
  const undo = async (body: object) => {
    const headers = { ...AUTHORIZED, "content-type": "application/json" };
    const options = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await ask(all.api.url, `${LAB}/undo`, options);
    return { status: answer.status, body: json(answer) };
  };
  const get = (path: string) => ask(all.api.url, `${LAB}/${path}`);
  return { ...all, undo, get, written };
}

test("the specs that were in force are listed with what each has changed", async () => {
  const { get } = await started();
  expect(json(await get("history"))).toMatchObject({
    kind: "SpecHistory",
    items: [
      { generation: 4, at: null, changes: null, spec: { replicas: 3 } },
      {
        generation: 5,
        at: "1970-01-01T00:00:01.000Z",
        changes: [
          { field: "spec.proxy", to: { port: 8890 } },
          { field: "spec.replicas", from: 3, to: 5 },
        ],
      },
    ],
  });
});

test("what differs between two is a unified diff; of one with itself nothing", async () => {
  const { get } = await started();
  expect((await get("diff")).text).toBe(
    "--- generation 4\n+++ generation 5\n@@ -1,2 +1,4 @@\n spec:\n-  replicas: 3\n" +
      "+  proxy:\n+    port: 8890\n+  replicas: 5\n",
  );
  expect((await get("diff?from=5&to=4")).text).toContain("+  replicas: 3");
  expect((await get("diff?from=5&to=5")).text).toBe("");
  const message = "There is no generation 9; kept are: 4, 5.";
  expect(json(await get("diff?to=9"))).toEqual(failure(404, "NotFound", message));
  expect((await get("diff?to=x")).status).toBe(400);
});

test("an undo writes the spec of before where the cluster is described", async () => {
  const persons = await started();
  expect(await persons.undo({})).toMatchObject({ status: 200, body: { spec: { replicas: 3 } } });
  expect(persons.written).toEqual([["person's", { replicas: 3 }]]);
  const managed = await started({ foreign: null });
  expect((await managed.undo({ generation: 4 })).status).toBe(200);
  expect(managed.written).toEqual([["managed", { replicas: 3 }]]);
});

test("of a file that is refused, an undo writes what is in force still", async () => {
  const { undo, written } = await started({ isBroken: true });
  expect((await undo({})).status).toBe(200);
  expect(written).toEqual([["person's", GENERATIONS[1]?.spec]]);
});

test("an undo needs the token and a generation that is another", async () => {
  const { api, undo, written } = await started();
  expect((await ask(api.url, `${LAB}/undo`, { method: "POST" })).status).toBe(401);
  expect(await undo({ generation: 5 })).toMatchObject({ status: 409 });
  expect(await undo({ generation: 1 })).toMatchObject({ status: 404 });
  expect(await undo({ generation: 0 })).toMatchObject({ status: 400 });
  expect(await undo({ to: 4 })).toMatchObject({ status: 400 });
  expect(written).toEqual([]);
});

test("a person's file keeps its comments, its mode and its link, and takes nothing that is wrong", async () => {
  const directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-undo-"));
  cleanups.push(() => rm(directory, { recursive: true }));
  const text = (name: string, port: number) =>
    "apiVersion: jupytercluster.dev/v1alpha1\nkind: JupyterCluster\n" +
    `metadata:\n  name: ${name}\nspec:\n  proxy:\n    port: ${port} # ours\n` +
    `  network:\n    subnet: 172.31.${port % 100}.0/24\n`;
  const real = join(directory, "real.txt");
  const path = join(directory, "specs.yaml");
  await writeFile(real, `${text("lab", 9011)}---\n${text("other", 9012)}`, { mode: 0o640 });
  await symlink(real, path);
  const [lab] = (await loadManifests(path)).clusters;
  if (lab === undefined) throw new Error("the file is wrong");
  const specAt = (port: number) => ({ ...lab.written, proxy: { port } });
  const options = { path: directory, managed: null };
  expect(await putBack(lab, specAt(9020), options)).toEqual([]);
  const wanted = `${text("lab", 9011).replace("port: 9011", "port: 9020")}---\n${text("other", 9012)}`;
  expect(await readFile(real, "utf8")).toBe(wanted);
  expect((await readFile(path, "utf8")).length).toBe(wanted.length);
  const problems = await putBack(lab, specAt(9012), options);
  expect(problems.map(({ field }) => field)).toContain("spec.proxy.port");
  expect(await readFile(real, "utf8")).toBe(wanted);
  await writeFile(real, "- no cluster\n");
  await expect(putBack(lab, specAt(9020), options)).rejects.toThrow("no YAML that can be edited");
});
