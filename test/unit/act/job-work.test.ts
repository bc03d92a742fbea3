import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { doJob } from "../../../controller/act/job-work.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { SNAPSHOT_HEADERS } from "../../../controller/model/agent-api.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { JobAction } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { SnapshotStore } from "../../../controller/store/snapshots/snapshot-store.ts";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { AGENT_TOKEN, FakeAgent } from "../../support/agents/fake-agent.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { factsOf, snapshotBytes } from "../../support/snapshots/snapshot-content.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOON = Date.parse("2026-11-25T12:00:00Z");
const agent = new FakeAgent("127.77.5.1");
const bytes = snapshotBytes(100);
const facts = factsOf(bytes);
const cluster = {
  metadata: { namespace: "default", name: "lab" },
  spec: { etcd: { snapshots: { directory: null } } },
} as unknown as CompiledCluster;
const memory = { cluster, secrets: { agentToken: AGENT_TOKEN } } as unknown as ClusterMemory;

let root: string;
let store: SnapshotStore;
/** What was listed each time that it was to be looked at again. */
let seen: (readonly SnapshotInfo[])[];

beforeAll(() => agent.listen());
afterAll(() => agent.close());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "job-work-test-"));
  store = new SnapshotStore(root, silentLog);
  seen = [];
});
afterEach(() => rm(root, { recursive: true }));

function work(job: Partial<JobAction> & Pick<JobAction, "type">) {
  const targets = {
    of: (of: CompiledCluster) => store.of(of),
    refresh: async (of: CompiledCluster) => {
      seen.push(await store.of(of).list());
    },
  };
  const action = { slot: 1, ip: agent.ip, ...job } as JobAction;
  const signal = new AbortController().signal;
  const clock = new ManualClock(NOON);
  return doJob(action, memory, { targets, connectAgent, docker: null, clock, signal });
}

function answerWithSnapshot(content: Buffer): void {
  agent.answer = (_, response) =>
    response
      .writeHead(200, {
        [SNAPSHOT_HEADERS.revision]: facts.revision,
        [SNAPSHOT_HEADERS.keys]: facts.keys,
        [SNAPSHOT_HEADERS.sha256]: facts.sha256,
        [SNAPSHOT_HEADERS.clusterId]: facts.clusterId,
      })
      .end(content);
}

describe("the jobs", () => {
  it("bring a snapshot from one node's etcd to another node, by way of the disk", async () => {
    answerWithSnapshot(bytes);
    const saved = await work({ type: "SaveSnapshot" });
    expect(saved).toMatchObject({ ...facts, takenAt: "2026-11-25T12:00:00.000Z" });
    expect(seen).toEqual([[saved]]);

    agent.answer = (_, response) => response.writeHead(204).end();
    expect(await work({ type: "SendSnapshot", snapshot: saved as SnapshotInfo })).toBeNull();
    expect(agent.lastBody.equals(bytes)).toBe(true);
  });

  it("keep nothing of a snapshot that was changed on its way", async () => {
    answerWithSnapshot(snapshotBytes(100, "changed"));
    const code = ERROR_CODES.SNAPSHOT_INVALID;
    await expect(work({ type: "SaveSnapshot" })).rejects.toMatchObject({ code });
    expect(await store.of(cluster).list()).toEqual([]);
  });

  it("send no snapshot that is damaged, and take it out of sight", async () => {
    answerWithSnapshot(bytes);
    const saved = (await work({ type: "SaveSnapshot" })) as SnapshotInfo;
    await writeFile(join(root, "default", "lab", `${saved.id}.db`), Buffer.alloc(bytes.length));
    const before = agent.requests.length;
    await expect(work({ type: "SendSnapshot", snapshot: saved })).rejects.toMatchObject({
      code: ERROR_CODES.SNAPSHOT_INVALID,
    });
    expect([agent.requests.length, seen.at(-1)]).toEqual([before, []]);
  });

  it("defragment a node", async () => {
    agent.answer = (_, response) => response.writeHead(204).end();
    await work({ type: "Defragment" });
    expect(agent.requests.at(-1)?.url).toBe("/v1/defragment");
  });
});
