import { afterEach, describe, expect, it } from "vitest";
import { type ApiServer, json, startApiServer } from "./api-server.ts";
import { cli } from "./captured-context.ts";
import { clusterObject, election } from "./cluster-fixture.ts";
import type { Election } from "../../../controller/model/election.ts";

let server: ApiServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

/** `elections lab` of a cluster that had these. */
async function run(elections: readonly Election[], ...args: readonly string[]) {
  const path = "/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters/lab";
  const object = clusterObject({ status: { elections } });
  await server?.close();
  server = await startApiServer({ [`GET ${path}`]: json(object) });
  return cli(["elections", "lab", ...args], { JUPYTER_CLUSTER_API: server.url });
}

describe("elections", () => {
  const elections = [2, 3, 4, 5].map((term) => election({ term }));

  it("tells the last three step by step, the newest last", async () => {
    const { code, stdout } = await run(elections);
    expect(code).toBe(0);
    expect(stdout.match(/^Term \d+/gm)).toEqual(["Term 3", "Term 4", "Term 5"]);
    expect(stdout).toContain("  +0..1 ms votes        slot 0   5      slot 0      2/2     -\n");
  });

  it("tells as many as are asked for, in each form", async () => {
    const one = await run(elections, "--latest", "1");
    expect(one.stdout.match(/^Term \d+/gm)).toEqual(["Term 5"]);
    const lines = await run(elections, "--summary", "--latest", "2");
    expect(lines.stdout.split("\n").map((line) => line.slice(0, 4))).toEqual([
      ...["TERM", "5   ", "4   "],
      "",
    ]);
    const data = await run(elections, "-o", "json");
    expect(JSON.parse(data.stdout)).toEqual(elections);
  });

  it("says on stderr that there was none", async () => {
    const said = { code: 0, stdout: "", stderr: "No elections.\n" };
    expect(await run([])).toEqual(said);
  });

  it("refuses a number that is none, as wrong usage", async () => {
    const { code, stderr } = await run(elections, "--latest", "0");
    expect(code).toBe(2);
    expect(stderr).toContain("--latest");
  });
});
