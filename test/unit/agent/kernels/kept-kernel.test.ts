/** One kernel and its keeper, as the node's agent sees to them. */
import { expect, it } from "vitest";
import { aSpec, CLIENT_KEY } from "./kernel-fixtures.ts";
import { keptKernel, settled } from "./kept-kernel-fixture.ts";

const FRONT = { front: { term: 3, clientKey: CLIENT_KEY, force: true } };

async function running() {
  const parts = keptKernel(aSpec("a", 1));
  await parts.kernel.start(aSpec("a", 1));
  parts.machine.says({ started: { pid: 200 } });
  parts.machine.says({ state: "idle", since: 1 });
  await settled();
  return parts;
}

it("what a keeper is told before it listens waits, and comes in order and once", async () => {
  const { kernel, machine } = keptKernel(aSpec("a", 1));
  await kernel.start(aSpec("a", 1));
  kernel.openFront(3, CLIENT_KEY);
  kernel.openFront(3, CLIENT_KEY);
  kernel.signal(1, 2);
  expect(machine.told).toEqual([]);
  machine.says({ state: "starting", since: 1 });
  machine.says({ state: "idle", since: 2 });
  expect(machine.told).toEqual([FRONT, { signal: 2 }]);
  expect(kernel).toMatchObject({ state: "idle", done: 1 });
});

it("a keeper that does not listen is tried again, and is killed when its time is over", async () => {
  const { kernel, machine, clock } = keptKernel(aSpec("a", 1));
  await kernel.start(aSpec("a", 1));
  while (machine.signals.length === 0) {
    machine.links.at(-1)?.onClose();
    if (machine.signals.length === 0) expect(clock.next()).toBe(true);
  }
  expect(machine.signals).toEqual(["SIGKILL"]);
  expect(clock.now()).toBe(15_000);
  machine.ends(null, "SIGKILL");
  await settled();
  expect(kernel).toMatchObject({ state: "dead", keeperPid: null, exit: { reason: "Killed" } });
});

it("a kernel that ends leaves its keeper, in which it is started again", async () => {
  const { kernel, machine } = await running();
  machine.says({ exit: { code: 3, signal: null } });
  await settled();
  expect(kernel).toMatchObject({ state: "dead", exit: { reason: "Exited", incarnation: 1 } });
  await kernel.start(aSpec("a", 1, { incarnation: 2, argv: ["again"], env: { B: "2" } }));
  expect(kernel).toMatchObject({ state: "starting", exit: null, lastExit: { incarnation: 1 } });
  const env = { HOME: "/home/ada", B: "2" };
  expect(machine.told.at(-1)).toEqual({ start: { argv: ["again"], cwd: "/shared", env } });
  expect(machine.commands).toHaveLength(1);
});

it("with its keeper the kernel is gone; the next one has a keeper and a front of its own", async () => {
  const { kernel, machine } = await running();
  kernel.openFront(3, CLIENT_KEY);
  machine.ends(null, "SIGTERM");
  await settled();
  expect(kernel).toMatchObject({ state: "dead", front: null, exit: { signal: "SIGTERM" } });
  await kernel.start(aSpec("a", 1, { incarnation: 2 }));
  kernel.openFront(3, CLIENT_KEY);
  machine.says({ state: "starting", since: 3 });
  expect(machine.commands).toHaveLength(2);
  expect(machine.told).toEqual([FRONT, FRONT]);
});

it.each([
  ["for what it was condemned", { condemned: true, oomKills: 0 }, "TooManyProcesses"],
  ["by Linux, where that ended something over memory meanwhile", { oomKills: 1 }, "OutOfMemory"],
  ["by somebody else", { oomKills: 0 }, "Killed"],
])("it was ended %s", async (_, { condemned, oomKills }: Record<string, unknown>, reason) => {
  const { kernel, machine, node } = await running();
  if (condemned) kernel.condemned = { reason: "TooManyProcesses", message: "It had many." };
  node.oomKills = Number(oomKills);
  machine.says({ exit: { code: null, signal: "SIGKILL" } });
  await settled();
  expect(kernel.exit).toMatchObject({ reason, signal: "SIGKILL" });
});

it("what was asked of it before it was there is done", async () => {
  const { kernel } = keptKernel(aSpec("a", 1, { signal: { seq: 4, signal: 2 } }));
  expect(kernel.done).toBe(4);
});

it.each([
  ["one that listens is told", true, [], { stop: true }],
  ["one that does not is asked by a signal", false, ["SIGTERM"], undefined],
])("is stopped: %s, killed when it stays, and its files go", async (_, listens, signals, told) => {
  const { kernel, machine, clock } = keptKernel(aSpec("a", 1));
  await kernel.start(aSpec("a", 1));
  if (listens) machine.says({ state: "idle", since: 1 });
  machine.removed.length = 0;
  const stopped = kernel.stop();
  expect(machine.told.at(-1)).toEqual(told);
  expect(machine.signals).toEqual(signals);
  while (!machine.signals.includes("SIGKILL")) expect(clock.next()).toBe(true);
  machine.ends(null, "SIGKILL");
  await stopped;
  expect(machine.removed).toHaveLength(2);
  expect(kernel.exit).toBeNull();
});

it("what a keeper says that is no news changes nothing", async () => {
  const { kernel, machine, node } = await running();
  const { changes } = node;
  machine.links.at(-1)?.onLine("{");
  machine.says({ state: "dead" });
  machine.says({ refused: { message: "a newer term is served" } });
  await settled();
  expect(kernel.state).toBe("idle");
  expect(node.changes).toBe(changes);
});
