/** What is stopped and does not end, seen by a user and told to people. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ClusterEvent, NodeStatus } from "../../controller/model/resource.ts";
import { eventsOf } from "../support/e2e/events.ts";
import { expectInvariants, jupyterUrl } from "../support/e2e/invariants.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";
import { ProxyUser } from "../support/e2e/proxy-user.ts";
import { until } from "../support/poll.ts";

const WAIT_MS = 120_000;
const PROGRAMS = { etcd: "^/usr/bin/etcd", sshd: "^sshd: /usr/sbin/sshd", jupyter: "jupyter-lab" };
type Unit = keyof typeof PROGRAMS;
let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await LocalCluster.create({ name: "e2e-wedged", subnet: "172.31.78" });
  cluster.startController();
  await cluster.untilServing();
  await cluster.untilReady({ timeoutMs: 180_000 });
});

afterAll(() => cluster?.destroy());

/** SIGSTOP to the oldest process of it, which the agent started. */
async function stopUnit(node: NodeStatus, unit: Unit): Promise<void> {
  const script = `kill -STOP "$(pgrep -o -f '${PROGRAMS[unit]}')"`;
  const { code, stderr } = await cluster.exec(node, ["sh", "-c", script], "root");
  expect(code, stderr).toBe(0);
}

async function untilTold(reason: ClusterEvent["reason"], message: RegExp): Promise<void> {
  const told = async () =>
    (await eventsOf(cluster)).some((e) => e.reason === reason && message.test(e.message));
  await until(`${reason} ${message.source}`, told, WAIT_MS);
}

it("moves on from a leader's JupyterLab that is stopped, and no request fails", async () => {
  const old = leaderOf(await cluster.untilReady());
  const user = ProxyUser.start(await jupyterUrl(cluster));
  try {
    await user.untilServed(5);
    await stopUnit(old, "jupyter");
    await cluster.until("another leads", (o) =>
      o.status.nodes.some((n) => n.leader && n.slot !== old.slot),
    );
    await user.untilServed(20);
    expect(user.longestMs).toBeLessThan(30_000);
  } finally {
    await user.stop();
  }
  expect(user.failures).toEqual([]);
  await untilTold("LeaderMoved", new RegExp(`from slot ${old.slot} to`));
  await untilTold("UnitWedged", new RegExp(`^JupyterLab of slot ${old.slot} did not answer`));
  const after = await expectInvariants(cluster);
  expect(after.status.nodes.every((n) => n.restarts === 0)).toBe(true);
});

it.each(["etcd", "sshd"] as const)("heals a follower's %s that is stopped", async (unit) => {
  const follower = followersOf(await cluster.untilReady())[0] as NodeStatus;
  await stopUnit(follower, unit);
  await untilTold("UnitWedged", new RegExp(`^${unit} of slot ${follower.slot} did not answer`));
  const after = await expectInvariants(cluster);
  expect(after.status.nodes.every((n) => n.restarts === 0)).toBe(true);
});
