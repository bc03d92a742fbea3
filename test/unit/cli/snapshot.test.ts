import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildProgram } from "../../../controller/cli/program.ts";
import { runProgram } from "../../../controller/cli/run-program.ts";
import type { RecoveryRecord } from "../../../controller/model/resource.ts";
import { failure, json, lines, startApiServer } from "./api-server.ts";
import { capturedContext } from "./captured-context.ts";
import { clusterObject, conditions, event, snapshot } from "./cluster-fixture.ts";
import type { ApiServer, Route } from "./api-server.ts";

const ROOT = "/apis/jupytercluster.dev/v1alpha1";
const ALL = `${ROOT}/namespaces/default/jupyterclusters`;
const LAB = `${ALL}/lab`;
const TOKEN = "T".repeat(43);
const [first, second] = [snapshot(1), snapshot(2)];
const ALREADY = [event("slot 0 leads")];

let dir: string;
let server: ApiServer;
/** What was asked of a person. */
let questions: string[];
/** Bodies of the restores that were asked for. */
let restores: unknown[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-cli-"));
  await writeFile(join(dir, "control-token"), TOKEN);
  questions = [];
  restores = [];
});

afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

const authorized =
  (route: Route): Route =>
  (request, response, url) => {
    const denied = failure(401, "Unauthorized", "A control token is needed.");
    const good = request.headers.authorization === `Bearer ${TOKEN}`;
    (good ? route : denied)(request, response, url);
  };

const acceptRestore: Route = (request, response) =>
  void text(request).then((body) => {
    restores.push(JSON.parse(body));
    response.writeHead(202, { "content-type": "application/json" }).end("{}");
  });

const ROUTES: Record<string, Route> = {
  [`GET ${LAB}`]: json(clusterObject()),
  [`GET ${LAB}/events`]: json({ items: ALREADY }),
  [`GET ${LAB}/snapshots`]: json({ items: [first, second] }),
  [`POST ${LAB}/snapshots`]: authorized(json(second)),
  [`POST ${LAB}/restore`]: authorized(acceptRestore),
};

interface Circumstances {
  readonly routes?: Record<string, Route>;
  /** What a person at a terminal answers; left out: nobody is there. */
  readonly answer?: boolean;
}

async function run({ routes = {}, answer }: Circumstances, ...args: readonly string[]) {
  server = await startApiServer({ ...ROUTES, ...routes });
  const env = { JUPYTER_CLUSTER_API: server.url, JUPYTER_CLUSTER_STATE_DIR: dir };
  const captured = capturedContext(env);
  const confirm = (question: string) => {
    questions.push(question);
    return Promise.resolve(answer === true);
  };
  const context = { ...captured.context, confirm: answer === undefined ? null : confirm };
  await runProgram(buildProgram(context), context, ["snapshot", ...args]);
  return captured.outcome();
}

describe("snapshot save", () => {
  it("tells what was saved", async () => {
    expect(await run({}, "save", "lab")).toEqual({
      code: 0,
      stdout: `saved ${second.id} (revision 42, 7 keys, 20.0KiB)\n`,
      stderr: "",
    });
  });

  it("prints what scripts want", async () => {
    const { stdout } = await run({}, "save", "lab", "-o", "json");
    expect(JSON.parse(stdout)).toEqual(second);
    await server.close();
    expect((await run({}, "save", "lab", "-o", "name")).stdout).toBe(`${second.id}\n`);
  });

  it.each([
    [507, "ERR_DISK_FULL", 5],
    [503, "ERR_ETCD_UNAVAILABLE", 3],
    [500, "ERR_SNAPSHOT_FAILED", 5],
  ])("fails with the controller's own error, %i %s", async (status, code, exit) => {
    const message = "/srv/backup: as it is.";
    const refused: Route = (_, response) => {
      const details = { causes: [{ reason: code, message }] };
      response.writeHead(status).end(JSON.stringify({ kind: "Status", message, details }));
    };
    const routes = { [`POST ${LAB}/snapshots`]: refused };
    expect(await run({ routes }, "save", "lab")).toEqual({
      code: exit,
      stdout: "",
      stderr: `error: ${message} [${code}]\n`,
    });
  });
});

describe("snapshot list", () => {
  it("prints a table, newest last", async () => {
    expect(await run({}, "list", "lab")).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "ID                        AGE   REVISION   KEYS   SIZE",
        `${first.id}   63m   41         7      20.0KiB`,
        `${second.id}   62m   42         7      20.0KiB`,
        "",
      ].join("\n"),
    });
  });

  it("prints what scripts want", async () => {
    const { stdout } = await run({}, "list", "lab", "-o", "json");
    expect(JSON.parse(stdout)).toEqual([first, second]);
    await server.close();
    expect((await run({}, "list", "lab", "-o", "name")).stdout).toBe(`${first.id}\n${second.id}\n`);
  });

  it("says on stderr that there are none, and succeeds", async () => {
    const routes = { [`GET ${LAB}/snapshots`]: json({ items: [] }) };
    const said = { code: 0, stdout: "", stderr: "No snapshots of lab yet.\n" };
    expect(await run({ routes }, "list", "lab")).toEqual(said);
  });
});

describe("snapshot restore", () => {
  it("says what will be lost before it asks, and then asks for it", async () => {
    const { code, stdout, stderr } = await run({ answer: true }, "restore", "lab", first.id);
    expect({ code, stdout, questions }).toEqual({
      code: 0,
      stdout: "",
      questions: ["Restore lab?"],
    });
    expect(stderr).toBe(
      [
        "Every container of lab is stopped and started again; Jupyter's kernels end.",
        "Its etcd goes back to revision 41 of 2026-01-02T02:01:00.000Z (63m ago, 7 keys): " +
          "what was written later is lost (it was last seen at revision 7).",
        "Files on the shared storage stay as they are.",
        `The controller restores lab to ${first.id}.`,
        "Watch it: jupyter-cluster events lab -w",
        "",
      ].join("\n"),
    );
    expect(restores).toEqual([{ snapshot: first.id }]);
  });

  it.each([
    ["the person says no", { answer: false }, "Nothing was restored."],
    ["there is nobody to ask", {}, "Without a terminal to ask on, say --yes."],
  ])("does nothing when %s", async (_, circumstances, said) => {
    const { code, stderr } = await run(circumstances, "restore", "lab", first.id);
    expect([code, restores]).toEqual([5, []]);
    expect(stderr).toContain(said);
  });

  it("does not ask when it was told yes, and says that all is lost when etcd begins empty", async () => {
    const { code, stderr } = await run({}, "restore", "lab", "--empty", "--yes");
    expect([code, restores, questions]).toEqual([0, [{ empty: true }], []]);
    expect(stderr).toContain("Its etcd begins anew and empty: everything in it is lost");
    expect(stderr).toContain("The controller restores lab to an empty etcd.");
  });

  it("exits with 4 and those that there are for a snapshot that there is not", async () => {
    const { code, stderr } = await run({ answer: true }, "restore", "lab", "nope");
    expect([code, restores, questions]).toEqual([4, [], []]);
    expect(stderr).toContain(`has no snapshot nope; it has: ${first.id}, ${second.id}.`);
  });

  it.each([[["lab"]], [["lab", "x", "--empty"]]])("is wrong usage as %j", async (args) => {
    const { code, stderr } = await run({}, "restore", ...args, "--yes");
    expect([code, restores]).toEqual([2, []]);
    expect(stderr).toContain("name a snapshot, or say --empty");
  });

  describe("that is watched", () => {
    const lastRecovery = { message: "Everything up to revision 41 is there." } as RecoveryRecord;
    const { etcd } = clusterObject().status;
    const away = clusterObject({
      status: { conditions: conditions({ Ready: ["False", "Recovering", ""] }) },
    });
    const begun = { ...away, status: { ...away.status, etcd: { ...etcd, recoveries: 1 } } };
    const ready = clusterObject({ status: { etcd: { ...etcd, recoveries: 1 }, lastRecovery } });
    const added = (object: object) => ({ type: "ADDED", object });

    it("tells what happens until the cluster is Ready again, and ends", async () => {
      let asked = 0;
      const events: Route = (request, response, url) => {
        asked += 1;
        const now = event("etcd is restored", { reason: "RecoveryBegun" });
        json({ items: asked > 2 ? [...ALREADY, now] : ALREADY })(request, response, url);
      };
      const objects = [clusterObject(), away, begun, clusterObject({ name: "other" }), ready];
      const routes = { [`GET ${LAB}/events`]: events, [`GET ${ALL}`]: lines(objects.map(added)) };
      const { code, stderr } = await run({ routes }, "restore", "lab", first.id, "-y", "-w");
      expect(code).toBe(0);
      expect(stderr.split("\n").slice(4)).toEqual([
        "RecoveryBegun: etcd is restored",
        "Everything up to revision 41 is there.",
        "lab is Ready.",
        "",
      ]);
    });

    it("fails when the controller ends before", async () => {
      const routes = { [`GET ${ALL}`]: lines([clusterObject(), begun].map(added)) };
      const { code, stderr } = await run({ routes }, "restore", "lab", first.id, "-y", "-w");
      expect(code).toBe(3);
      expect(stderr).toContain("has ended before it was Ready again");
    });
  });
});
