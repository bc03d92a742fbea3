/** Kernels that belong to the cluster, on real containers: what may end one, and what may not. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { etcdKeys } from "../../controller/model/ids.ts";
import type { KernelExit, KernelStatus } from "../../controller/model/kernels.ts";
import type { NodeStatus } from "../../controller/model/resource.ts";
import { jupyterUrl } from "../support/e2e/invariants.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import { NotebookUser } from "../support/e2e/notebook-user.ts";

let cluster: LocalCluster;
let user: NotebookUser;

beforeAll(async () => {
  cluster = await LocalCluster.create({
    name: "e2e-kernels",
    subnet: "172.31.87",
    spec: ["  kernels: { placement: spread, memory: 240Mi, processes: 64 }"],
  });
  cluster.startController();
  await cluster.untilReady({ timeoutMs: 300_000 });
  user = new NotebookUser(await jupyterUrl(cluster));
}, 400_000);

afterAll(async () => {
  await user?.close();
  await cluster?.destroy();
}, 120_000);

it("keeps a kernel's variables through kill -9 of the leader's container", async () => {
  const kernel = await user.startKernel();
  expect(await user.run(kernel, "x = 41; print(x)")).toBe("41");
  const before = await cluster.untilReady();
  await cluster.killContainer(leaderOf(before));
  await cluster.until(
    "another leads",
    (o) => o.status.leader !== null && leaderOf(o).slot !== leaderOf(before).slot,
    60_000,
  );
  const again = await until("the kernel answers", () => user.run(kernel, "print(x + 1)"), 60_000);
  expect(again).toBe("42");
  await user.shutDown(kernel);
  await cluster.untilReady({ timeoutMs: 120_000 });
}, 300_000);

const LINES = 500;
const PRINTS = `import time
for i in range(${LINES}):
    print(i, flush=True)
    time.sleep(0.05)`;

it("says every line of a cell once, through one WebSocket, while leader after leader dies", async () => {
  const kernel = await user.startKernel();
  const printed = user.run(kernel, PRINTS, 120_000);
  for (let killed = 0; killed < 2; ) {
    const leader = leaderOf(await cluster.untilReady({ timeoutMs: 120_000 }));
    // Its own node must live: who leads there hands over, which costs no line either.
    if (leader.slot === (await statusOf(kernel))?.slot) await handOver(leader);
    else {
      await cluster.killContainer(leader);
      killed += 1;
    }
    await cluster.until(
      "another leads",
      (o) => o.status.leader !== null && leaderOf(o).slot !== leader.slot,
      60_000,
    );
  }
  expect((await printed).split("\n")).toEqual(Array.from({ length: LINES }, (_, i) => String(i)));
  await cluster.untilReady({ timeoutMs: 120_000 });
  await user.shutDown(kernel);
}, 300_000);

async function handOver(leader: NodeStatus): Promise<void> {
  const { nodes } = (await cluster.object()).status;
  const id = nodes.find(({ slot, etcd }) => slot !== leader.slot && etcd !== null)?.etcd?.memberId;
  expect((await cluster.etcdctl(leader, "move-leader", id ?? "none")).code).toBe(0);
}

it("interrupts, restarts and shuts down", async () => {
  const kernel = await user.startKernel();
  const sleeping = user.run(kernel, "import time\ntime.sleep(60)");
  await until(
    "it is busy",
    async () => ((await user.state(kernel)) === "busy" ? true : undefined),
    20_000,
  );
  await user.interrupt(kernel);
  expect(await sleeping).toContain("KeyboardInterrupt");
  await user.run(kernel, "y = 1");
  await user.restart(kernel);
  expect(await user.run(kernel, "print('y' in globals())")).toBe("False");
  await user.shutDown(kernel);
  expect(await user.state(kernel)).toBe("gone");
}, 120_000);

/** What the node of this kernel has written last of its end. */
async function lastExit(kernel: string): Promise<KernelExit | undefined> {
  return (await statusOf(kernel))?.lastExit ?? undefined;
}

async function incarnation(kernel: string): Promise<number | undefined> {
  return (await statusOf(kernel))?.incarnation;
}

async function statusOf(kernel: string): Promise<KernelStatus | undefined> {
  const leader = leaderOf(await cluster.object());
  const key = etcdKeys(cluster.ref).kernelStatus(kernel);
  const text = await cluster.etcdGet(leader, key);
  return text === "" ? undefined : (JSON.parse(text) as KernelStatus);
}

const containersOf = async () => (await cluster.object()).status.nodes.map((n) => n.container);

it.each([
  ["eats its memory", "a = []\nwhile True: a.append(b'x' * 2**20)", /^OutOfMemory$/],
  [
    "starts programs without end",
    "import subprocess\nwhile True: subprocess.Popen(['sleep', '600'])",
    /^TooManyProcesses$/,
  ],
  // Each fork of Python takes memory of its own: it reaches whichever bound is nearer.
  ["forks without end", "import os\nwhile True: os.fork()", /^(TooManyProcesses|OutOfMemory)$/],
])(
  "ends one that %s, says why, and starts it again; everybody else goes on",
  async (_, code, reason) => {
    const before = await containersOf();
    const other = await user.startKernel();
    await user.run(other, "z = 7");
    const kernel = await user.startKernel();
    const lost = user.run(kernel, code).catch((error: unknown) => String(error));
    const exit = await until("it has ended", () => lastExit(kernel), 60_000);
    expect(exit).toMatchObject({ reason: expect.stringMatching(reason), incarnation: 1 });
    await until(
      "it is started again",
      async () => (await incarnation(kernel)) === 2 || undefined,
      30_000,
    );
    expect(await user.run(kernel, "print(6 * 7)")).toBe("42");
    expect(await user.run(other, "print(z)")).toBe("7");
    expect(await containersOf()).toEqual(before);
    for (const id of [kernel, other]) await user.shutDown(id);
    void lost;
  },
  180_000,
);
