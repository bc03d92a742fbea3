import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildProgram } from "../../../controller/cli/program.ts";
import { runProgram } from "../../../controller/cli/run-program.ts";
import type { RebalanceStatus } from "../../../controller/model/rebalance.ts";
import { type ApiServer, json, lines, type Route, startApiServer } from "./api-server.ts";
import { capturedContext } from "./captured-context.ts";
import { clusterObject } from "./cluster-fixture.ts";

const ALL = "/apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters";
const LAB = `${ALL}/lab`;

const MOVES = [{ slot: 2, from: "host-1", to: "host-2" }];
const PREVIEW: RebalanceStatus = {
  requestedAt: "2026-01-02T03:04:05Z",
  preview: true,
  state: "Succeeded",
  endedAt: "2026-01-02T03:04:10Z",
  moves: MOVES,
  message: "1 node would be moved (slot 2 from host-1 to host-2); no other move would help.",
};
const UNDER_WAY: RebalanceStatus = {
  ...PREVIEW,
  requestedAt: "2026-01-02T03:05:00Z",
  preview: false,
  state: "Processing",
  endedAt: null,
  moves: [],
  message: "slot 2 from host-1 to host-2 is on its way",
};
const DONE: RebalanceStatus = {
  ...UNDER_WAY,
  state: "Succeeded",
  endedAt: "2026-01-02T03:06:00Z",
  moves: MOVES,
  message: "1 node was moved.",
};

let dir: string;
let server: ApiServer;
let asked: unknown[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-cli-"));
  await writeFile(join(dir, "control-token"), "T".repeat(43));
  asked = [];
});

afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

interface Circumstances {
  /** What the status tells before anything is asked for. */
  readonly latest?: RebalanceStatus | null;
  /** What a watch brings after the first, the second, … request. */
  readonly told?: readonly (readonly RebalanceStatus[])[];
  /** Of a person at a terminal; left out: nobody is there. */
  readonly answer?: boolean;
}

async function run(
  { latest = null, told = [[PREVIEW]], answer }: Circumstances,
  ...args: readonly string[]
) {
  const objectWith = (rebalance: RebalanceStatus | null) => {
    const object = clusterObject();
    return { ...object, status: { ...object.status, rebalance } };
  };
  const newest = () => told[asked.length - 1]?.at(-1) ?? latest;
  const accept: Route = (request, response) =>
    void text(request).then((body) => {
      asked.push((JSON.parse(body) as { action: unknown }).action);
      response.writeHead(202, { "content-type": "application/json" }).end("{}");
    });
  server = await startApiServer({
    [`GET ${LAB}`]: (...exchange) => json(objectWith(newest()))(...exchange),
    [`GET ${ALL}`]: (...exchange) => {
      const news = told[Math.max(asked.length, 1) - 1] ?? [];
      lines(news.map((status) => ({ type: "MODIFIED", object: objectWith(status) })))(...exchange);
    },
    [`POST ${LAB}/rebalance`]: accept,
  });
  const env = { JUPYTER_CLUSTER_API: server.url, JUPYTER_CLUSTER_STATE_DIR: dir };
  const captured = capturedContext(env);
  const confirm = answer === undefined ? null : () => Promise.resolve(answer);
  const context = { ...captured.context, confirm };
  await runProgram(buildProgram(context), context, ["rebalance", "lab", ...args]);
  return captured.outcome();
}

describe("rebalance", () => {
  it("shows what it would move and what that costs, and then asks", async () => {
    const { code, stdout, stderr } = await run({ answer: true });
    expect([code, asked]).toEqual([0, ["preview", "start"]]);
    expect(stdout).toMatch(/SLOT +FROM +TO\n2 +host-1 +host-2\n/);
    expect(stderr).toContain("stays on its old host (host-1), unused");
    expect(stderr).toContain("a new member");
    expect(stderr).toContain("Watch it: jupyter-cluster events lab -w");
  });

  it("goes on to its end when it is watched", async () => {
    const told = [[PREVIEW], [PREVIEW, UNDER_WAY, DONE]];
    const { code, stderr } = await run({ told }, "--yes", "-w");
    expect([code, asked]).toEqual([0, ["preview", "start"]]);
    expect(stderr).toContain("Succeeded: 1 node was moved.\n");
  });

  it("says with its exit code that a better place was missing", async () => {
    const end = { ...DONE, state: "Incomplete", message: "host-2 offers nothing." } as const;
    const { code, stderr } = await run({ told: [[PREVIEW], [end]] }, "--yes", "-w");
    expect(code).toBe(1);
    expect(stderr).toContain("Incomplete: host-2 offers nothing.");
  });

  it("moves nothing in a dry run", async () => {
    const { code, stderr } = await run({}, "--dry-run");
    expect([code, asked]).toEqual([0, ["preview"]]);
    expect(stderr).toContain("Nothing was moved: it was a dry run.");
  });

  it("has nothing to ask where no move is better", async () => {
    const none = { ...PREVIEW, moves: [], message: "no node would be moved; all is well." };
    const { code, stderr } = await run({ told: [[none]] }, "--yes");
    expect([code, asked, stderr]).toEqual([
      0,
      ["preview"],
      "No node would be moved; all is well.\n",
    ]);
  });

  it.each([
    ["the person says no", false, "Nothing was moved."],
    ["there is nobody to ask", undefined, "Without a terminal to ask on, say --yes."],
  ])("does nothing when %s", async (_, answer, said) => {
    const { code, stderr } = await run(answer === undefined ? {} : { answer });
    expect([code, asked]).toEqual([5, ["preview"]]);
    expect(stderr).toContain(said);
  });

  it("says that it is under way, and can be watched then", async () => {
    const under = { latest: UNDER_WAY, told: [[UNDER_WAY, DONE]] };
    const { code, stderr } = await run(under, "-w");
    expect([code, asked]).toEqual([0, []]);
    expect(stderr).toContain("being moved already: slot 2 from host-1 to host-2 is on its way.");
    expect(stderr).toContain("Succeeded: 1 node was moved.");
  });

  it("is cancelled while it is under way, and else there is nothing to cancel", async () => {
    const { code, stderr } = await run({ latest: UNDER_WAY }, "--cancel");
    expect([code, asked]).toEqual([0, ["cancel"]]);
    expect(stderr).toContain("lab: no more nodes are moved.");
    await server.close();
    asked = [];
    expect((await run({ latest: DONE }, "--cancel")).stderr).toContain(
      "lab: no nodes are being moved.",
    );
    expect(asked).toEqual([]);
  });

  it("is told when the controller stops meanwhile", async () => {
    const { code } = await run({ told: [[], []] }, "--yes");
    expect(code).toBe(3);
  });

  it("does not cancel and look at the same time", async () => {
    expect((await run({}, "--cancel", "--dry-run")).code).toBe(2);
  });
});
