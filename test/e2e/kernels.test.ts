/** Kernels that belong to the cluster, on real containers: what may end one, and what may not. */
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { KernelExit } from "../../controller/model/kernels.ts";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { eventsOf } from "../support/e2e/events.ts";
import { jupyterUrl } from "../support/e2e/invariants.ts";
import {
  kernelStatus,
  killLeaderBeside,
  startKernelBeside,
  untilAnotherLeads,
} from "../support/e2e/kernel-node.ts";
import type { LocalCluster } from "../support/e2e/local-cluster.ts";
import { type NotebookCluster, notebookCluster } from "../support/e2e/notebook-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import { NotebookUser } from "../support/e2e/notebook-user.ts";

let made: NotebookCluster | undefined;
let cluster: LocalCluster;
let user: NotebookUser;

beforeAll(async () => {
  made = await notebookCluster({
    name: "e2e-kernels",
    subnet: "172.31.87",
    spec: ["  kernels: { placement: spread, memory: 240Mi, processes: 64 }"],
  });
  ({ cluster, user } = made);
}, 400_000);

afterAll(() => made?.end(), 120_000);

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
  for (let killed = 0; killed < 2; killed += 1) await killLeaderBeside(cluster, kernel);
  expect((await printed).split("\n")).toEqual(Array.from({ length: LINES }, (_, i) => String(i)));
  await cluster.untilReady({ timeoutMs: 120_000 });
  await user.shutDown(kernel);
}, 300_000);

it("is out of reach of a leader that was deposed while its container stood still", async () => {
  const kernel = await user.startKernel();
  await user.run(kernel, "x = 1");
  const leader = leaderOf(await cluster.untilReady({ timeoutMs: 120_000 }));
  const told = await kernelStatus(cluster, kernel);
  expect(told?.slot).not.toBe(leader.slot);
  const term = told?.front?.term ?? expect.fail("its node serves nobody");
  const direct = new URL(await jupyterUrl(cluster));
  direct.host = `${leader.ip}:8888`;
  const deposed = new NotebookUser(direct.href);
  const held = await deposed.connect(kernel);
  const container = new Docker().getContainer(leader.container ?? "");
  await container.pause();
  try {
    await untilAnotherLeads(cluster, leader);
    // From then on it is fenced: what reaches the kernel's node before it knows of the next leader came before him.
    await until("its node serves the next leader", async () => {
      return ((await kernelStatus(cluster, kernel))?.front?.term ?? term) > term;
    });
  } finally {
    // What it is asked while it stands still, it does as soon as it goes on, and knows of no other leader.
    held.send("x = 2");
    const ending = deposed.shutDown(kernel).then(
      () => "ended",
      () => "refused",
    );
    await container.unpause();
    expect(await ending).toBe("refused");
  }
  await until("it is cut off", () => held.closed);
  expect(await user.run(kernel, "print(x)")).toBe("1");
  await cluster.untilReady({ timeoutMs: 120_000 });
  await user.shutDown(kernel);
}, 300_000);

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
  return (await kernelStatus(cluster, kernel))?.lastExit ?? undefined;
}

async function incarnation(kernel: string): Promise<number | undefined> {
  return (await kernelStatus(cluster, kernel))?.incarnation;
}

const titleOf = (kernel: string) => `python3 ${kernel.slice(0, 8)}`;

function endOf({ status }: JupyterClusterObject, kernel: string) {
  return status.kernels?.find(({ id }) => id === kernel)?.lastExit?.reason;
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
    const { status } = await cluster.until(
      "the status tells of it",
      (o) => endOf(o, kernel) !== undefined,
    );
    expect(status.kernels?.find(({ id }) => id === other)).toMatchObject({ lastExit: null });
    const told = (await eventsOf(cluster)).filter((e) => e.message.startsWith(titleOf(kernel)));
    expect(told).toMatchObject([{ type: "Warning", reason: `Kernel${exit.reason}`, count: 1 }]);
    for (const id of [kernel, other]) await user.shutDown(id);
    void lost;
  },
  180_000,
);

it("says once which kernels were lost with a container that was killed, and starts them again", async () => {
  await cluster.untilReady({ timeoutMs: 120_000 });
  const kernel = await user.startKernel();
  await user.run(kernel, "x = 1");
  const { status } = await cluster.until(
    "the status tells of it",
    ({ status: { kernels } }) => kernels?.some(({ id }) => id === kernel) === true,
  );
  const slot = status.kernels?.find(({ id }) => id === kernel)?.slot;
  const node = status.nodes.find((n) => n.slot === slot);
  if (node === undefined) throw new Error(`no node has slot ${slot}`);
  await cluster.killContainer(node);
  await cluster.until("it is lost", (o) => endOf(o, kernel) === "NodeLost", 60_000);
  const again = await until(
    "it answers again",
    () => user.run(kernel, "print('x' in globals())"),
    60_000,
  );
  expect(again).toBe("False");
  const lost = (await eventsOf(cluster)).filter((e) => e.message.includes(titleOf(kernel)));
  expect(lost).toMatchObject([{ type: "Warning", reason: "KernelsLost", count: 1 }]);
  expect(lost[0]?.message).toContain(`ended with the container of slot ${slot}`);
  expect((await cluster.cli("kernels", cluster.ref.name)).stdout).toMatch(
    /python3 .* NodeLost \d+s ago/,
  );
  await user.shutDown(kernel);
}, 240_000);

const BUSY_WAIT_S = 20;

it("lets a cell end before an update takes its node, waits no longer than it may, and says what is lost", async () => {
  const ready = await cluster.untilReady({ timeoutMs: 120_000 });
  const short = await user.startKernel();
  const endless = await startKernelBeside(cluster, user, short);
  // Their WebSockets end with the controller, whose proxy they go through.
  const begin = (kernel: string, code: string) =>
    void user.run(kernel, code).catch(() => undefined);
  begin(short, "import time\ntime.sleep(12)\nopen('/shared/computed', 'w').write('whole')");
  begin(endless, "import time\ntime.sleep(600)");
  await cluster.until("both are busy", ({ status: { kernels } }) =>
    [short, endless].every((id) => kernels?.some((k) => k.id === id && k.state === "busy")),
  );
  const spec = cluster
    .specText(3)
    .replace("processes: 64", `processes: 65, busyWaitSeconds: ${BUSY_WAIT_S}`);
  await cluster.save(spec);
  const reason = ({ status: { conditions } }: JupyterClusterObject) =>
    conditions.find(({ type }) => type === "Progressing")?.reason;
  await cluster.until("the update waits", (o) => reason(o) === "AwaitingKernels");
  await cluster.endController("SIGKILL");
  cluster.startController();
  const isLost = (kernel: string) => (o: JupyterClusterObject) => endOf(o, kernel) === "NodeLost";
  await cluster.until("the endless one is given up", isLost(endless), 120_000);
  const after = await cluster.until("and the other has gone with its node", isLost(short), 120_000);
  expect((await cluster.exec(leaderOf(after), ["cat", "/shared/computed"])).stdout).toBe("whole");
  const events = await eventsOf(cluster);
  const told = (event: string, kernel: string) =>
    events.filter((e) => e.reason === event && e.message.includes(titleOf(kernel)));
  expect(told("KernelsLost", endless)).toMatchObject([
    { type: "Warning", count: 1, message: expect.stringContaining("(busy)") },
  ]);
  expect(told("KernelsLost", short)).toMatchObject([
    { message: expect.stringContaining("(idle)") },
  ]);
  const [awaited, ...again] = told("KernelsAwaited", endless);
  expect([awaited?.count, again]).toEqual([1, []]);
  const until = Date.parse(/until (\S+)/.exec(awaited?.message ?? "")?.[1] ?? "");
  expect(Date.parse(told("KernelsLost", endless)[0]?.firstTimestamp ?? "")).toBeGreaterThanOrEqual(
    until,
  );
  await cluster.untilReady({ generation: ready.metadata.generation + 1, timeoutMs: 240_000 });
}, 400_000);

it("lets a cell end before its slot is scaled in, and the cluster is Ready meanwhile", async () => {
  await cluster.untilReady({ timeoutMs: 240_000 });
  const kernel = await startOn(2);
  await user.run(kernel, "x = 41");
  const cell = user.run(kernel, "import time; time.sleep(15); print(x + 1)");
  await cluster.until("it is busy", ({ status: { kernels } }) =>
    Boolean(kernels?.some((k) => k.id === kernel && k.state === "busy")),
  );
  await cluster.save(cluster.specText(2));
  const waiting = await cluster.until("the slot waits", ({ status: { conditions } }) =>
    conditions.some((c) => c.reason === "AwaitingKernels"),
  );
  expect(waiting.status.conditions.find(({ type }) => type === "Ready")?.status).toBe("True");
  expect(await cell).toBe("42");
  const after = await cluster.until("it has gone", (o) => o.status.nodes.length === 2, 60_000);
  expect(after.status.nodes.map(({ slot }) => slot)).toEqual([0, 1]);
  const lost = (await eventsOf(cluster)).filter((e) => e.message.includes(titleOf(kernel)));
  expect(lost.at(-1)?.message).toContain("scaled in");
}, 400_000);

/** On the node of this slot. */
async function startOn(slot: number): Promise<string> {
  for (let tries = 0; tries < 6; tries += 1) {
    const kernel = await user.startKernel();
    if ((await kernelStatus(cluster, kernel))?.slot === slot) return kernel;
  }
  throw new Error(`no kernel is started in slot ${slot}`);
}
