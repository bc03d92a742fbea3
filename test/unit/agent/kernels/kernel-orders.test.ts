/** What the leader's JupyterLab asks of kernels becomes keys of etcd, or is refused with HTTP's word. */
import { expect, it } from "vitest";
import { aSpec } from "./kernel-fixtures.ts";
import { OrdersSite } from "./kernel-orders-fixture.ts";
import { settled } from "./kept-kernel-fixture.ts";

const LAUNCH = { name: "python3", argv: ["python3"], cwd: "/shared", env: {} };

async function launched(id = "a") {
  const site = new OrdersSite();
  const launch = site.orders.launch(id, LAUNCH, false);
  await settled();
  site.tells(id);
  await launch;
  return site;
}

/** Moves the clock until it is decided. */
async function outcome(site: OrdersSite, order: Promise<unknown>): Promise<unknown> {
  let decided: unknown = null;
  const done = order.then(
    () => (decided = "done"),
    (error: unknown) => (decided = error),
  );
  for (let steps = 0; decided === null && steps < 100; steps += 1) {
    await settled();
    if (decided === null) site.clock.next();
  }
  await done;
  return decided;
}

it("a launch is placed beside the leader, and has come when the server of this term can reach it", async () => {
  const site = new OrdersSite();
  let reached = false;
  const launch = site.orders.launch("a", LAUNCH, false).then(() => (reached = true));
  await settled();
  expect(site.spec("a")).toMatchObject({ slot: 1, taskId: "task-1", incarnation: 1, term: 3 });
  site.tells("a", { front: null });
  await settled();
  expect(reached).toBe(false);
  site.tells("a");
  await launch;
});

it("one that lives is not launched twice, but anew where it is asked again", async () => {
  const site = await launched();
  await site.orders.launch("a", LAUNCH, false);
  expect(site.spec("a")?.incarnation).toBe(1);
  const again = site.orders.launch("a", LAUNCH, true);
  await settled();
  expect(site.spec("a")).toMatchObject({ incarnation: 2, slot: 1 });
  site.tells("a");
  await again;
});

it("one that was lost is placed elsewhere, and says why it ended", async () => {
  const site = await launched();
  const members = site.data.members.map((m) => (m.slot === 1 ? { ...m, taskId: "other" } : m));
  site.change({ members });
  const again = site.orders.launch("a", LAUNCH, false);
  await settled();
  expect(site.spec("a")).toMatchObject({ incarnation: 2, lastExit: { reason: "NodeLost" } });
  expect(site.spec("a")?.taskId).not.toBe("task-1");
  site.tells("a");
  await again;
});

it("one that is started again leaves a slot that is to go", async () => {
  const site = await launched();
  const slots = [0, 2].map((slot) => ({ slot, ip: `10.0.0.${slot}` }));
  site.change({ desired: { generation: 2, slots } });
  const again = site.orders.launch("a", LAUNCH, true);
  await settled();
  expect(site.spec("a")).toMatchObject({ incarnation: 2, slot: 2 });
  site.tells("a");
  await again;
});

it("a launch that fails is told with its reason, and one of which nobody tells when its time is over", async () => {
  const site = new OrdersSite();
  const failed = site.orders.launch("a", LAUNCH, false);
  await settled();
  const exit = { incarnation: 1, at: 1, reason: "LaunchFailed", message: "No such file." } as const;
  site.tells("a", { exit: { ...exit, code: null, signal: null } });
  await expect(failed).rejects.toMatchObject({ status: 500, message: "No such file." });
  expect(await outcome(site, site.orders.launch("b", LAUNCH, false))).toMatchObject({
    status: 504,
  });
});

it("what somebody else has written meanwhile is looked at first", async () => {
  const site = await launched();
  site.onCommit = () => {
    site.onCommit = () => undefined;
    site.overwrite("a", aSpec("a", 1, { incarnation: 7 }));
  };
  const again = site.orders.launch("a", LAUNCH, true);
  await settled();
  expect(site.commits).toBe(3);
  expect(site.spec("a")?.incarnation).toBe(8);
  site.tells("a");
  await again;
});

it("whoever is deposed writes nothing, whether its agent knows it or not", async () => {
  const site = await launched();
  // Its table is replaced, which it has not heard of.
  site.onCommit = () => {
    site.data = { ...site.data, hostsRevision: "6" };
    site.onCommit = () => site.change({ hostsRevision: `${site.commits}9` });
  };
  expect(await outcome(site, site.orders.signal("a", 2))).toMatchObject({ status: 503 });
  expect(site.spec("a")?.signal).toBeNull();
  site.onCommit = () => undefined;
  const { hosts } = site.data;
  site.change({ hosts: hosts && { ...hosts, leaderSlot: 1 } });
  expect(await outcome(site, site.orders.signal("a", 2))).toMatchObject({ status: 403 });
});

it("a signal is delivered when its node says so, and none to what has ended or never was", async () => {
  const site = await launched();
  const signal = site.orders.signal("a", 2);
  await settled();
  expect(site.spec("a")?.signal).toEqual({ seq: 1, signal: 2 });
  site.tells("a", { done: 1 });
  await signal;
  expect(await outcome(site, site.orders.signal("a", 2))).toMatchObject({ status: 504 });
  const exit = { incarnation: 1, at: 1, reason: "Exited", message: "It ended." } as const;
  site.tells("a", { state: "dead", exit: { ...exit, code: 0, signal: null } });
  await expect(site.orders.signal("a", 2)).rejects.toMatchObject({ status: 409 });
  await expect(site.orders.signal("b", 2)).rejects.toMatchObject({ status: 404 });
});

it("a removal has come about when the node has taken its word back", async () => {
  const site = await launched();
  let removed = false;
  const removal = site.orders.remove("a").then(() => (removed = true));
  await settled();
  expect([site.spec("a"), removed]).toEqual([null, false]);
  site.takesBack("a");
  await removal;
  await site.orders.remove("a");
});

it("orders of one kernel come one after the other", async () => {
  const site = await launched();
  const first = site.orders.signal("a", 2);
  const second = site.orders.remove("a");
  await settled();
  expect(site.spec("a")?.signal).toEqual({ seq: 1, signal: 2 });
  site.tells("a", { done: 1 });
  await first;
  await settled();
  expect(site.spec("a")).toBeNull();
  site.takesBack("a");
  await second;
});

it("who is elected finds the kernels before it has written the hosts table, and orders nothing", async () => {
  const site = await launched();
  site.isElected(4);
  expect(site.standing.now).toEqual({ leads: false, term: 3, elected: 4 });
  let found = false;
  const inTerm = site.orders.inTerm("a").then(() => (found = true));
  await settled();
  expect(found).toBe(false);
  site.tells("a");
  await inTerm;
  expect(await outcome(site, site.orders.signal("a", 2))).toMatchObject({ status: 403 });
  site.change({ hosts: { ...site.data.hosts, term: 4 } as typeof site.data.hosts });
  expect(site.standing.now).toEqual({ leads: true, term: 4, elected: 4 });
});

it("who is elected finds none once a table of a later term is there", async () => {
  const site = await launched();
  site.isElected(4);
  site.change({ hosts: { ...site.data.hosts, term: 5 } as typeof site.data.hosts });
  expect(site.standing.now).toEqual({ leads: false, term: 5, elected: 0 });
  expect(await outcome(site, site.orders.inTerm("a"))).toMatchObject({ status: 403 });
});

it("what is desired is another with another kernel, process or session, and with nothing else", async () => {
  const site = await launched();
  const seen = [site.orders.desired];
  site.tells("a", { state: "busy" });
  expect(site.orders.desired).toBe(seen[0]);
  const signal = site.orders.signal("a", 2);
  await settled();
  site.tells("a", { done: 1 });
  await signal;
  expect(site.orders.desired).toBe(seen[0]);
  const again = site.orders.launch("a", LAUNCH, true);
  await settled();
  site.tells("a", { incarnation: 2 });
  await again;
  seen.push(site.orders.desired);
  await site.orders.putSession({
    ...{ sessionId: "s", kernelId: "a", name: "n", path: "p", type: "notebook" },
  });
  seen.push(site.orders.desired);
  expect(new Set(seen).size).toBe(3);
});
