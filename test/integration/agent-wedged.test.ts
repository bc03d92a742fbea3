/** Units of real containers that are stopped or stand still, and what their agents make of it. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectAgent } from "../../controller/agents/agent-http.ts";
import { endOrphan } from "../../controller/agents/end-orphan.ts";
import { ERROR_CODES } from "../../controller/model/errors.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { TLS } from "../support/etcd/transport.ts";
import type { AgentStatus, UnitName } from "../../controller/model/agent-api.ts";
import { eventually, leaderOf, leads, startAgents, whole } from "../support/agent/agent-checks.ts";
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
  await startAgents(cluster);
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

test("an orphan: whoever knows the cluster's token ends it by its task id, and by no other", async () => {
  const node = cluster.node(0);
  const { taskId } = await node.status();
  const address = { ip: node.ip, token: node.options.token, tls: TLS.tls, connect: connectAgent };
  const signal = new AbortController().signal;
  const end = (isOver: (id: string) => boolean) =>
    endOrphan({ address, isOver, present: null, clock: systemClock, signal });
  expect((await node.call("POST", `/v1/stop?taskId=${taskId}9`)).code).toBe(409);
  await expect(end(() => false)).rejects.toMatchObject({ code: ERROR_CODES.AGENT_REFUSED });
  await end((id) => id === taskId);
  expect(await node.ended()).toBe(0);
});
