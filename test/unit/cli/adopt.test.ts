import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildProgram } from "../../../controller/cli/program.ts";
import { runProgram } from "../../../controller/cli/run-program.ts";
import type { Foreign } from "../../../controller/model/holdings.ts";
import { type ApiServer, json, type Route, startApiServer } from "./api-server.ts";
import { capturedContext } from "./captured-context.ts";

const LAB = "/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters/lab";
const owner = { namespace: "default", name: "lab", uid: "u2", createdBy: "anna, /state" };
const FOREIGN: Foreign = {
  holdings: [
    { kind: "data", slot: 0, name: "jupyter-cluster-default-lab-slot-0", owner },
    { kind: "shared", name: "default-lab-shared", owner: { ...owner, uid: null, createdBy: null } },
    { kind: "network", name: "jupyter-cluster-lab", owner },
  ],
  containers: [],
};

let dir: string;
let server: ApiServer;
let adoptions: unknown[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-cli-"));
  await writeFile(join(dir, "control-token"), "T".repeat(43));
  adoptions = [];
});

afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

const accept: Route = (request, response) =>
  void text(request).then((body) => {
    adoptions.push(JSON.parse(body));
    response.writeHead(202, { "content-type": "application/json" }).end("{}");
  });

async function run(
  { holdings, containers }: Foreign,
  answer: boolean | null,
  ...args: readonly string[]
) {
  server = await startApiServer({
    [`GET ${LAB}/foreign`]: json({ items: holdings, containers }),
    [`POST ${LAB}/adopt`]: accept,
  });
  const env = { JUPYTER_CLUSTER_API: server.url, JUPYTER_CLUSTER_STATE_DIR: dir };
  const captured = capturedContext(env);
  const confirm = answer === null ? null : () => Promise.resolve(answer);
  const context = { ...captured.context, confirm };
  await runProgram(buildProgram(context), context, ["adopt", "lab", ...args]);
  return captured.outcome();
}

describe("adopt", () => {
  it("shows what it takes over and whose it is, then asks for just that", async () => {
    const { code, stdout, stderr } = await run(FOREIGN, true);
    expect([code, adoptions]).toEqual([0, [{ owners: ["u2", null] }]]);
    expect(stdout).toMatch(/volume \(etcd\) +jupyter-cluster-default-lab-slot-0 .*uid u2 of anna/);
    expect(stdout).toMatch(/volume \(shared files\) +default-lab-shared .*without a uid/);
    expect(stdout).toMatch(/network +jupyter-cluster-lab /);
    expect(stderr).toContain("must have ended for good");
    expect(stderr).toContain("etcd: {tls: false}");
    expect(stderr).toContain("lab takes them over. Watch it: jupyter-cluster events lab -w");
  });

  it("changes nothing in a dry run, and names the containers that stand in the way", async () => {
    const { code, stderr } = await run({ ...FOREIGN, containers: ["abc"] }, null, "--dry-run");
    expect([code, adoptions]).toEqual([0, []]);
    expect(stderr).toContain("Containers are at work on them: abc.");
    expect(stderr).toContain("Nothing was taken over: it was a dry run.");
  });

  it.each([
    ["the person says no", false, "Nothing was taken over."],
    ["there is nobody to ask", null, "Without a terminal to ask on, say --yes."],
  ])("does nothing when %s", async (_, answer, said) => {
    const { code, stderr } = await run(FOREIGN, answer);
    expect([code, adoptions]).toEqual([5, []]);
    expect(stderr).toContain(said);
  });

  it("has nothing to do where all is the cluster's own", async () => {
    const { code, stdout, stderr } = await run({ holdings: [], containers: [] }, null, "--yes");
    expect([code, stdout, adoptions]).toEqual([0, "", []]);
    expect(stderr).toContain("Nothing that lab would use belongs to another cluster.");
  });
});
