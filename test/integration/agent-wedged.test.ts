/** Units of real containers that are stopped or stand still, and what their agents make of it. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { AgentStatus, UnitName } from "../../controller/model/agent-api.ts";
import { eventually, leaderOf, leads, whole } from "../support/agent/agent-checks.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import type { AgentNode } from "../support/agent/agent-node.ts";

/** Found, proven and started again: on a machine with much else to do. */
const WAIT_MS = 120_000;

const cluster = new AgentCluster({
  image: inject("agentImage"),
  cluster: "wedged",
  subnet: "172.31.22.0/24",
  firstAddress: "172.31.22.10",
  size: 3,
});

beforeAll(async () => {
  await cluster.prepare();
  await Promise.all(cluster.nodes.map((node) => node.run()));
  await eventually(cluster.nodes, "waiting for a command", (s) => s.phase === "awaiting-start");
  await Promise.all(cluster.nodes.map((node) => node.command(cluster.bootstrapCommand(node))));
  await eventually(cluster.nodes, "a quorum", (s) => s.etcd?.members?.length === 3);
  await cluster.putDesired(cluster.node(0));
  await whole(cluster);
});

afterAll(() => cluster.remove());

const wedgedCounts = (status: AgentStatus) =>
  Object.values(status.units).map(({ wedged }) => wedged?.count ?? 0);

async function expectHealed(node: AgentNode, name: UnitName): Promise<void> {
  const before = (await node.status()).units[name];
  await node.stopUnit(name);
  const [status] = await eventually(
    [node],
    `${name} answers again`,
    ({ units }) => units[name].ready && units[name].pid !== before.pid,
    WAIT_MS,
  );
  expect(status?.units[name]).toMatchObject({
    ...{ state: "running", restarts: before.restarts + 1, silent: null },
    lastExit: { code: null, signal: "SIGKILL" },
    wedged: { count: 1, how: "stopped" },
  });
}

test("a container that was paused for longer than any bound has no unit killed", async () => {
  const node = await leaderOf(cluster.nodes);
  await node.pause();
  try {
    // It is the time that passes which is tried here: nothing in the container can tell of it.
    await delay(25_000);
  } finally {
    await node.unpause();
  }
  const [status] = await eventually([node], "all answer", ({ units, etcd }) => {
    return etcd !== null && Object.values(units).every(({ ready }) => ready);
  });
  expect(status && wedgedCounts(status)).toEqual([0, 0, 0]);
  const statuses = await whole(cluster);
  expect(statuses.flatMap(wedgedCounts).every((count) => count === 0)).toBe(true);
});

test("a leader's etcd that is stopped loses its leadership, and is started again", async () => {
  const node = await leaderOf(cluster.nodes);
  const others = cluster.nodes.filter((n) => n !== node);
  await Promise.all([
    expectHealed(node, "etcd"),
    leaderOf(others).then(async (leader) => expect(leads(await leader.status())).toBe(true)),
  ]);
  await whole(cluster);
});

test("a JupyterLab that is stopped is started again", async () => {
  await expectHealed(cluster.node(1), "jupyter");
});

test("an sshd that is stopped is started again, and lets in who may", async () => {
  await expectHealed(cluster.node(2), "sshd");
  expect(await cluster.node(1).exec(["ssh", cluster.node(2).ip, "whoami"], "admin")).toBe(
    "admin\n",
  );
});
