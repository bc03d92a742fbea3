import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure, json, lines, startApiServer, type Route } from "./api-server.ts";
import { cli } from "./captured-context.ts";
import { clusterObject, event, snapshot } from "./cluster-fixture.ts";
import { authorized, LAB, ROOT, ScriptedApi } from "./scripted-api.ts";
import type { RecoveryRecord } from "../../../controller/model/resource.ts";

const api = new ScriptedApi();
const { run } = api;

const list = (...items: readonly object[]) => json({ kind: "JupyterClusterList", items });

describe("get", () => {
  it("prints a table as kubectl does", async () => {
    const other = clusterObject({
      name: "other",
      status: { phase: "Creating", leader: null, readyReplicas: 1 },
    });
    const routes = {
      [`GET ${ROOT}/namespaces/default/jupyterclusters`]: list(clusterObject(), other),
    };
    expect(await run(routes, "get")).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "NAME    READY   LEADER             PHASE      JUPYTER                  AGE",
        "lab     3/3     slot-0 on host-a   Ready      http://127.0.0.1:8888/   4m5s",
        "other   1/3     <none>             Creating   http://127.0.0.1:8888/   4m5s",
        "",
      ].join("\n"),
    });
  });

  it("prints one cluster as the API gives it", async () => {
    const object = clusterObject();
    const { stdout } = await run({ [`GET ${LAB}`]: json(object) }, "get", "lab", "-o", "json");
    expect(JSON.parse(stdout)).toEqual(object);
  });

  it("lists all namespaces with theirs, and names alone", async () => {
    const routes = {
      [`GET ${ROOT}/jupyterclusters`]: list(clusterObject({ namespace: "team" })),
    };
    const all = await run(routes, "get", "-A");
    expect(all.stdout.split("\n")[1]).toMatch(/^team +lab /);
    await api.close();
    const named = await run(routes, "get", "-A", "-o", "name");
    expect(named.stdout).toBe("jupytercluster.jupytercluster.dev/lab\n");
  });

  it("says on stderr that there is nothing, and succeeds", async () => {
    const routes = { [`GET ${ROOT}/namespaces/default/jupyterclusters`]: list() };
    const said = { code: 0, stdout: "", stderr: "No clusters found in namespace default.\n" };
    expect(await run(routes, "get")).toEqual(said);
  });

  it("exits with 4 and the server's words for a cluster that is not there", async () => {
    const message = 'jupyterclusters "nope" not found';
    const path = `GET ${ROOT}/namespaces/default/jupyterclusters/nope`;
    const { code, stderr } = await run(
      { [path]: failure(404, "NotFound", message) },
      "get",
      "nope",
    );
    expect({ code, stderr }).toEqual({ code: 4, stderr: `error: ${message} [ERR_NOT_FOUND]\n` });
  });

  it("watches: a row for every change of what is shown, until the controller ends", async () => {
    const down = clusterObject({ status: { phase: "Degraded", readyReplicas: 2 } });
    const routes = {
      [`GET ${LAB}`]: json(clusterObject()),
      [`GET ${ROOT}/namespaces/default/jupyterclusters`]: lines([
        { type: "ADDED", object: clusterObject() },
        { type: "ADDED", object: clusterObject({ name: "other" }) },
        { type: "MODIFIED", object: down },
        { type: "MODIFIED", object: { ...down, spec: { replicas: 4 } } },
      ]),
    };
    const { stdout, stderr } = await run(routes, "get", "lab", "-w");
    expect(stdout.split("\n").map((line) => line.split(/ {3,}/).slice(0, 4).join(" "))).toEqual([
      "NAME READY LEADER PHASE",
      "lab 3/3 slot-0 on host-a Ready",
      "lab 2/3 slot-0 on host-a Degraded",
      "",
    ]);
    expect(stderr).toBe("The controller has ended the watch.\n");
  });
});

describe("a controller that can't be reached", () => {
  it("exits with 3 and one sentence on what was tried and what to do", async () => {
    const free = await startApiServer({});
    await free.close();
    const { code, stdout, stderr } = await cli(["get", "--api", free.url], {
      JUPYTER_CLUSTER_STATE_DIR: api.dir,
    });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain(`The controller does not answer at ${free.url} (connect ECONNREFUSED`);
    expect(stderr).toContain("jupyter-cluster up");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("is not confused with another program at that address", async () => {
    const page: Route = (_, response) => response.end("<html>");
    const path = `GET ${ROOT}/namespaces/default/jupyterclusters`;
    const { code, stderr } = await run({ [path]: page }, "get");
    expect(code).toBe(3);
    expect(stderr).toContain("is not a jupyter-cluster controller");
  });

  it("leaves plan with 255, for 3 could be a finding", async () => {
    const { code } = await cli(["plan", "nowhere.yaml"], { JUPYTER_CLUSTER_STATE_DIR: api.dir });
    expect(code).toBe(255);
  });
});

describe("url", () => {
  const access = authorized(json({ jupyter: { url: "http://127.0.0.1:8888/lab?token=t" } }));

  it("shows the control token of the state directory", async () => {
    const { code, stdout } = await run({ [`GET ${LAB}/access`]: access }, "url", "lab");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "http://127.0.0.1:8888/lab?token=t\n" });
  });

  it("takes the only cluster when none is named", async () => {
    const routes = {
      [`GET ${ROOT}/namespaces/default/jupyterclusters`]: list(clusterObject()),
      [`GET ${LAB}/access`]: access,
    };
    expect((await run(routes, "url")).stdout).toContain("token=t");
  });

  it("exits with 5 and a hint when the token is another one's", async () => {
    await writeFile(join(api.dir, "control-token"), "o".repeat(43));
    const { code, stderr } = await run({ [`GET ${LAB}/access`]: access }, "url", "lab");
    expect(code).toBe(5);
    expect(stderr).toContain("A control token is needed. Only the user that runs the controller");
    expect(stderr).not.toContain("ooo");
  });
});

describe("events", () => {
  it("lists them oldest first", async () => {
    const events = [
      event("slot 1 leads", { lastTimestamp: "2026-01-02T03:04:00Z", count: 3 }),
      event("slot 0 leads", { lastTimestamp: "2026-01-02T03:02:00Z" }),
    ];
    const { stdout } = await run(
      { [`GET ${LAB}/events`]: json({ items: events }) },
      "events",
      "lab",
    );
    expect(stdout).toBe(
      [
        "LAST SEEN           TYPE     REASON          MESSAGE",
        "2m5s                Normal   LeaderElected   slot 0 leads",
        "5s (x3 over 3m5s)   Normal   LeaderElected   slot 1 leads",
        "",
      ].join("\n"),
    );
  });
});

describe("describe", () => {
  const lastRecovery: RecoveryRecord = {
    at: "2026-01-02T03:02:00Z",
    from: "snapshot",
    slot: 0,
    snapshotId: snapshot(1).id,
    revision: 41,
    lastSeenRevision: 45,
    message: "Everything up to revision 41 is there, what was written later is lost.",
  };

  it("tells the whole cluster on one page", async () => {
    const routes = {
      [`GET ${LAB}`]: json(
        clusterObject({
          spec: { replicas: 3, jupyter: { port: 8888 } },
          status: { backup: { count: 2, last: snapshot(2) }, lastRecovery },
        }),
      ),
      [`GET ${LAB}/events`]: json({ items: [event("slot 0 leads")] }),
    };
    const { code, stdout } = await run(routes, "describe", "lab");
    expect(code).toBe(0);
    await expect(stdout).toMatchFileSnapshot("golden/describe.txt");
  });
});

describe("plan", () => {
  const spec = (replicas: number) =>
    `apiVersion: jupytercluster.dev/v1alpha1
kind: JupyterCluster
metadata: { name: lab }
spec: { replicas: ${replicas} }
`;

  async function plan(text: string, kept: readonly object[], ...args: readonly string[]) {
    const file = join(api.dir, "lab.yaml");
    await writeFile(file, text);
    return run({ [`GET ${ROOT}/jupyterclusters`]: list(...kept) }, "plan", file, ...args);
  }

  it("exits with 0 when the file says what is kept", async () => {
    const { code, stdout } = await plan(spec(3), [clusterObject()]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "default/lab: nothing to do, this spec is in force\n",
    });
  });

  it("exits with 1 and explains each change", async () => {
    const { code, stdout } = await plan(spec(5), [clusterObject()]);
    expect(code).toBe(1);
    expect(stdout).toContain("spec.replicas: 3 -> 5\n      two nodes are added one at a time");
  });

  it("tells what would be created, also as JSON", async () => {
    const { code, stdout } = await plan(spec(3), [], "-o", "json");
    expect(code).toBe(1);
    const created = {
      namespace: "default",
      name: "lab",
      verdict: "create",
      changes: [],
      kernels: [],
    };
    expect(JSON.parse(stdout)).toEqual({ clusters: [created] });
  });

  it("exits with 255 and line and column for a broken file", async () => {
    const { code, stdout, stderr } = await plan(spec(-1), []);
    expect({ code, stdout }).toEqual({ code: 255, stdout: "" });
    expect(stderr).toMatch(/lab\.yaml:4:\d+: error: spec\.replicas/);
  });
});
