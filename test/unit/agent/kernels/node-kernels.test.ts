/** A node runs the kernels that are desired of its container, and tells what is true of them under its lease. */
import { afterEach, expect, it } from "vitest";
import { NodeKernels } from "../../../../agent-image/agent/kernels/node-kernels.ts";
import type { KernelRecord } from "../../../../agent-image/agent/kernels/kernel-records.ts";
import type { EtcdHealth } from "../../../../controller/model/agent-api.ts";
import type { KernelSpec, KernelStatus } from "../../../../controller/model/kernels.ts";
import { ManualClock } from "../../../support/loop/manual-clock.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { aMember, aSpec, CLIENT_KEY } from "./kernel-fixtures.ts";
import { FakeHost, settled } from "./kept-kernel-fixture.ts";

const IN_FORCE = { clusterId: "c", raftTerm: 3, memberId: "2", leaderId: "1" };
const HEALTHY = { ...IN_FORCE, isLearner: false, members: [] } as unknown as EtcdHealth;
const NEXT_KEY = "n".repeat(40);
const USER = { name: "ada", uid: 1000, gid: 1000, home: "/home/ada" };

let site: NodeSite;
afterEach(() => site.node.stop());

class NodeSite {
  readonly machine = new FakeHost();
  readonly clock = new ManualClock(0);
  readonly written: { readonly lease: string; readonly status: KernelStatus }[] = [];
  readonly deleted: string[] = [];
  readonly node: NodeKernels;
  /** Writes wait for a quorum that there is none of. */
  hangs = false;
  private endHanging: () => void = () => undefined;
  private readonly hanging = new Promise<void>((resolve) => {
    this.endHanging = resolve;
  });
  private wake: () => void = () => undefined;
  private readonly store = {
    data: {
      hosts: { clusterId: "c", term: 3, leaderSlot: 0 },
      members: [aMember(0), { ...aMember(1), kernels: { clientKey: NEXT_KEY } }],
    },
    kernels: null as { readonly kernels: ReadonlyMap<string, KernelRecord> } | null,
    subscribeKernels: (listener: () => void) => {
      this.wake = listener;
    },
  };

  constructor() {
    this.machine.obeys = true;
    const client = {
      put: (_: string, value: string, lease: string) => {
        if (this.hangs) return this.hanging;
        this.written.push({ lease, status: JSON.parse(value) as KernelStatus });
        return Promise.resolve();
      },
      commit: ({ deletes }: { readonly deletes: readonly string[] }) => {
        this.deleted.push(...deletes);
        return Promise.resolve(true);
      },
      close: () => this.endHanging(),
    };
    const { machine, clock, store } = this;
    this.node = new NodeKernels({
      ...{ clock, log: silentLog, files: machine.files, processes: machine.processes },
      ...{ host: machine.host, store, output: { write: () => undefined } },
      connectEtcd: () => Promise.resolve(client),
      config: { namespace: "default", cluster: "lab", slot: 1, taskId: "task-1", ip: "10.0.0.1" },
      kernels: { placement: "spread", memoryMiB: 100, processes: 64 },
    } as unknown as ConstructorParameters<typeof NodeKernels>[0]);
  }

  async wants(...specs: readonly KernelSpec[]): Promise<void> {
    const records = specs.map((spec) => [spec.kernelId, { spec }] as const);
    this.store.kernels = { kernels: new Map(records) as never };
    this.wake();
    await this.rest();
  }

  async says(news: object): Promise<void> {
    this.machine.says(news);
    await this.rest();
  }

  /** What is due happens. */
  async rest(): Promise<void> {
    for (let turns = 0; turns < 3; turns += 1) await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    let over = false;
    this.clock.after(ms, () => (over = true));
    while (!over) {
      for (let turns = 0; turns < 10; turns += 1) await settled();
      this.clock.next();
    }
    for (let turns = 0; turns < 10; turns += 1) await settled();
  }
}

async function started(...specs: readonly KernelSpec[]): Promise<NodeSite> {
  site = new NodeSite();
  site.node.start(USER);
  site.node.setHealth(HEALTHY);
  site.node.setLease("7");
  await site.wants(...specs);
  return site;
}

it("starts those of its own container alone, with a front for the leader of the hosts table", async () => {
  await started(aSpec("a", 1), aSpec("b", 2), aSpec("c", 1, { taskId: "task-0" }));
  expect([...site.node.kept.keys()]).toEqual(["a"]);
  await site.says({ state: "starting" });
  expect(site.machine.told).toEqual([{ front: { term: 3, clientKey: CLIENT_KEY, force: true } }]);
  expect(site.written).toMatchObject([
    { lease: "7", status: { kernelId: "a", taskId: "task-1", incarnation: 1, state: "starting" } },
  ]);
});

it("opens a front for a new leader before he has written his table, and none for the one before again", async () => {
  await started(aSpec("a", 1));
  await site.says({ state: "idle" });
  const next = { ...HEALTHY, raftTerm: 4, leaderId: "2" };
  for (const health of [next, { ...next, leaderId: null }, null, { ...next, raftTerm: 5 }]) {
    site.node.setHealth(health);
    await site.rest();
  }
  const told = (site.machine.told as { front: { term: number; clientKey: string } }[]).map(
    ({ front }) => [front.term, front.clientKey],
  );
  expect(told).toEqual([
    [3, CLIENT_KEY],
    [4, NEXT_KEY],
    [5, NEXT_KEY],
  ]);
});

it("opens a front at once while a write of its own waits for the next leader", async () => {
  await started(aSpec("a", 1));
  await site.says({ state: "idle" });
  site.hangs = true;
  await site.says({ exit: { code: 1, signal: null } });
  site.node.setHealth({ ...HEALTHY, raftTerm: 4, leaderId: "2" });
  await site.rest();
  expect(site.machine.told.at(-1)).toEqual({
    front: { term: 4, clientKey: NEXT_KEY, force: true },
  });
});

it("tells at once of the front when a leader is known, and no quorum proven yet", async () => {
  await started(aSpec("a", 1));
  await site.says({ state: "idle" });
  site.node.setHealth({ ...HEALTHY, raftTerm: 4, leaderId: null, members: null });
  const front = { ip: "10.0.0.1", serverKey: "s".repeat(40), key: "k", term: 4 };
  const ports = { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 };
  await site.says({ front: { ...front, ports } });
  expect(site.written.at(-1)?.status.front).toBeNull();
  site.node.setHealth({ ...HEALTHY, raftTerm: 4, leaderId: "2", members: null });
  await site.says({ front: { ...front, ports } });
  expect(site.written.at(-1)?.status.front).toMatchObject({ term: 4 });
});

it("tells nothing without a lease or a leader, and at once when both are there", async () => {
  site = new NodeSite();
  site.node.start(USER);
  await site.wants(aSpec("a", 1));
  site.node.setLease("7");
  await site.rest();
  expect(site.written).toEqual([]);
  site.node.setHealth(HEALTHY);
  await site.rest();
  expect(site.written).toHaveLength(1);
});

it("tells under a new lease again what it has told", async () => {
  await started(aSpec("a", 1));
  site.node.setLease("8");
  await site.rest();
  expect(site.written.map(({ lease }) => lease)).toEqual(["7", "8"]);
});

it("ends what is wanted no more, and takes its word back; what it is not told of yet stays", async () => {
  await started(aSpec("a", 1), aSpec("b", 1));
  await site.says({ state: "idle" });
  await site.wants(aSpec("a", 1));
  expect([...site.node.kept.keys()]).toEqual(["a"]);
  expect(site.deleted).toEqual([expect.stringMatching(/\/b\/status$/)]);
});

it("tells an end at once, and how busy it is no more often than it may", async () => {
  await started(aSpec("a", 1));
  const before = site.written.length;
  for (const state of ["idle", "busy", "idle", "busy"]) await site.says({ state });
  expect(site.written.length - before).toBeLessThanOrEqual(1);
  await site.pass(400);
  expect(site.written.at(-1)?.status.state).toBe("busy");
  const told = site.written.length;
  await site.says({ exit: { code: 1, signal: null } });
  expect(site.written.slice(told)).toMatchObject([{ status: { exit: { reason: "Exited" } } }]);
});

it("starts one again that is to have another process, and signals it once", async () => {
  await started(aSpec("a", 1));
  await site.says({ state: "idle" });
  const again = aSpec("a", 1, { incarnation: 2, signal: { seq: 1, signal: 2 } });
  await site.wants(again);
  await site.wants(again);
  const orders = site.machine.told.map((order) => Object.keys(order as object)[0]);
  expect(orders).toEqual(["front", "start", "signal"]);
  expect(site.written.at(-1)?.status).toMatchObject({ incarnation: 2, done: 1 });
});
