/**
 * What the release before has stored and said, as it was recorded from a cluster of that release that ran
 * (test/support/release-before): all of it is read by today's readers, and today's planner finds a cluster with
 * which nothing is wrong.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decode } from "../../../agent-image/agent/naming/cluster-data.ts";
import { parseStatus } from "../../../controller/agents/parse-status.ts";
import { loadCheckpoint } from "../../../controller/mesos-local/master/checkpoint.ts";
import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import { clusterKey, etcdKeys } from "../../../controller/model/ids.ts";
import { completeMemory } from "../../../controller/model/complete-memory.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { fresh, type Observed, type ObservedTask } from "../../../controller/model/observed.ts";
import { proxySettings } from "../../../controller/model/proxy-settings.ts";
import { agentVersionOf } from "../../../controller/model/release.ts";
import { formatNeededBy } from "../../../controller/model/state-format.ts";
import { plan } from "../../../controller/plan/plan.ts";
import { templateHash } from "../../../controller/plan/view/template-hash.ts";
import { parseInfo } from "../../../controller/store/snapshots/snapshot-info.ts";
import { openStateDir, type StateDir } from "../../../controller/store/state-dir.ts";
import { silentLog } from "../../support/silent-log.ts";

const REF = { namespace: "default", name: "e2e-releases" };
const FIXTURES = new URL("../../fixtures/releases/0.1.0/", import.meta.url).pathname;

let directory: string;
let state: StateDir;
let memory: ClusterMemory;
let tasks: ReadonlyMap<string, ObservedTask>;

const text = (path: string) => readFileSync(join(FIXTURES, path), "utf8");
const statuses = readdirSync(join(FIXTURES, "agents")).map((name) => text(`agents/${name}`).trim());
const records = JSON.parse(text("etcd.json")) as Readonly<Record<string, string>>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "release-before-"));
  cpSync(join(FIXTURES, "state"), directory, { recursive: true });
  state = await openStateDir(directory, { log: silentLog });
  const memories = await state.memories.loadAll();
  expect([...memories.keys()]).toEqual([clusterKey(REF)]);
  memory = completeMemory(memories.get(clusterKey(REF)) as ClusterMemory);
  tasks = await state.tasks.loadAll();
});

afterAll(async () => {
  await state.close();
  rmSync(directory, { recursive: true });
});

describe("the state directory of 0.1.0", () => {
  it("keeps its format, so that its own release reads it again", () => {
    expect(formatNeededBy(memory).format).toBe(2);
    expect(readFileSync(join(directory, "version.json"), "utf8")).toBe(text("state/version.json"));
  });

  it("tells who we are to Mesos, every task's last status, and every snapshot", async () => {
    expect((await state.framework.load())?.frameworkId).toMatch(/-0000$/);
    const ids = memory.slots.map((s) => s.task?.taskId);
    expect([...tasks.keys()].toSorted()).toEqual(ids);
    const below = join("state", "snapshots", REF.namespace, REF.name);
    const [name = ""] = readdirSync(join(FIXTURES, below));
    expect(parseInfo(text(join(below, name)), name.replace(/\.json$/, ""))).not.toBeNull();
  });

  it("has an embedded Mesos that goes on", async () => {
    const checkpoint = await loadCheckpoint(join(directory, "mesos-local"));
    expect(checkpoint?.tasks.map((t) => t.info.task_id.value).toSorted()).toEqual(
      [...tasks.keys()].toSorted(),
    );
  });

  it("replaces no container because of the update alone: the template's fingerprint is the same", () => {
    for (const { task } of memory.slots) expect(hash()).toBe(task?.templateHash);
  });
});

/** Of its spec, with the image that its nodes were launched with. */
function hash(): string {
  return templateHash(memory.cluster.spec, image());
}

function image(): string {
  const { tasks: launched } = JSON.parse(text("state/mesos-local/checkpoint.json")) as {
    tasks: { info: { container: { docker: { image: string } } } }[];
  };
  return launched[0]?.info.container.docker.image ?? "";
}

describe("the nodes of 0.1.0", () => {
  it("say what is understood", () => {
    const said = statuses.map((line) => parseStatus(line));
    expect(said).toEqual(said.map(() => expect.objectContaining({ ok: true })));
    expect(agentVersionOf(parsed()[0] as AgentStatus)).toEqual({
      release: "0.1.0 or before",
      apiVersions: [1],
    });
  });

  it("have written keys into etcd that the agents of today read", () => {
    const keys = etcdKeys(REF);
    const entries = Object.entries(records).map(([key, value]) => ({
      key,
      value,
      modRevision: "9",
    }));
    const data = decode(keys, entries, null, { desired: null, hosts: null });
    expect(data.desired?.slots.map((s) => s.slot)).toEqual([0, 1, 2]);
    expect(data.hostsKey).toBe("held");
    expect(data.members.map((m) => m.slot)).toEqual([0, 1, 2]);
  });

  it("are Ready to today's planner, which leaves them as they are", () => {
    const taken = Math.max(...[...tasks.values()].map((t) => t.since)) + 1_000;
    const observed = observedOf(parsed());
    const decided = plan({ memory, observed, now: taken, defaultImage: image() });
    const ready = decided.status.conditions.find((c) => c.type === "Ready");
    expect([ready?.status, ready?.message]).toEqual(["True", "3 of 3 nodes are ready."]);
    const destructive = ["LaunchTasks", "KillTask", "StartEtcd", "RemoveMember", "MoveLeader"];
    expect(decided.actions.filter((a) => destructive.includes(a.type))).toEqual([]);
    expect(decided.status.nodes.map((n) => n.version)).toEqual(
      Array.from({ length: 3 }, () => "0.1.0 or before"),
    );
  });
});

function parsed(): readonly AgentStatus[] {
  return statuses.flatMap((line) => {
    const status = parseStatus(line);
    return status.ok ? [status.status] : [];
  });
}

function observedOf(agents: readonly AgentStatus[]): Observed {
  const { subnet } = memory.cluster.spec.network;
  const offers: readonly never[] = [];
  const leader = agents.find((a) => a.etcd !== null && a.etcd.leaderId === a.etcd.memberId);
  const ip = leader?.hosts?.names[0]?.ip ?? "";
  const target = { ip, port: memory.cluster.spec.jupyter.port, term: leader?.etcd?.raftTerm ?? 0 };
  const mesos = { frameworkId: "f", reconciled: true, tasks, offers, maintenance: new Map() };
  return {
    mesos: fresh(mesos),
    local: true,
    network: fresh({ state: "present", subnet }),
    image: fresh({ state: "present", reference: image() }),
    holdings: fresh([]),
    agents: new Map(agents.map((status) => [status.taskId, fresh(status)])),
    unsupported: new Map(),
    snapshots: fresh([]),
    jobs: [],
    keys: fresh({ authEnabled: false, desired: desired() }),
    proxy: { ...proxySettings(memory.cluster.spec), listening: true, error: null, target },
  };
}

function desired() {
  const entry = { key: etcdKeys(REF).desired, modRevision: "9" };
  const value = records[entry.key] ?? "";
  return decode(etcdKeys(REF), [{ ...entry, value }], null, { desired: null, hosts: null }).desired;
}
