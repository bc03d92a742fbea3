/** Containers that were launched with the order to resume, and nobody who tells them to. */
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { memberNameOf } from "../../controller/model/ids.ts";
import { resumeCommandId } from "../../controller/model/standing-resume.ts";
import { eventually, leaderOf, startAgents } from "../support/agent/agent-checks.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import type { AgentNode } from "../support/agent/agent-node.ts";

const cluster = new AgentCluster({
  image: inject("agentImage"),
  cluster: "nr",
  subnet: "172.31.32.0/24",
  firstAddress: "172.31.32.10",
  size: 3,
  standby: "cold",
});

beforeAll(async () => {
  await startAgents(cluster);
  const { nodes } = cluster;
  await Promise.all(nodes.map((node) => node.command(cluster.bootstrapCommand(node))));
  await eventually(nodes, "a cluster", (s) => s.etcd?.members?.length === 3);
  await cluster.putDesired(cluster.node(0));
});

afterAll(() => cluster.remove());

async function follower(): Promise<AgentNode> {
  const leader = await leaderOf(cluster.nodes);
  return cluster.nodes.find((node) => node !== leader) ?? never();
}

async function identityOf(node: AgentNode) {
  const { data } = await node.status();
  if (data.state !== "present" || data.memberId === null || data.clusterId === null) never();
  return { memberId: data.memberId, clusterId: data.clusterId };
}

test("a killed member votes again before anybody has told it anything", async () => {
  const dead = await follower();
  const identity = await identityOf(dead);
  await dead.kill();
  const node = cluster.replace(dead.slot, identity);
  await node.run();
  const [back] = await eventually([node], "a voter", (s) => s.etcd?.leaderId != null);
  expect(back).toMatchObject({
    phase: "awaiting-start",
    commandId: null,
    etcd: { ...identity, isLearner: false },
    units: { etcd: { restarts: 0 } },
  });

  // The start command, when it comes, is this very order: etcd goes on, with the certificate that it brings.
  const { clusterId } = identity;
  const resume = { mode: "resume", memberName: memberNameOf(node.slot), clusterId } as const;
  const { code } = await node.command(cluster.command(node, resume));
  expect(code).toBe(202);
  const isRenewed = (s: NonNullable<typeof back>) =>
    (s.certificateNotAfter ?? 0) > (back?.certificateNotAfter ?? 0);
  const [after] = await eventually([node], "another certificate", isRenewed);
  expect(after).toMatchObject({
    phase: "running",
    commandId: resumeCommandId(node.options.config.taskId),
    units: { etcd: { pid: back?.units.etcd.pid, restarts: 0 } },
  });
});

test("a container on another member's data waits to be told", async () => {
  const dead = await follower();
  const identity = await identityOf(dead);
  await dead.kill();
  const node = cluster.replace(dead.slot, { ...identity, memberId: "1" });
  await node.run();
  const [status] = await eventually([node], "an agent", (s) => s.units.sshd.ready);
  expect(status).toMatchObject({
    phase: "awaiting-start",
    data: { state: "present", ...identity },
    units: { etcd: { state: "stopped" } },
  });
  const { text } = await node.call("GET", "/v1/logs/agent?tail=50");
  expect(text).toContain(`the data is that of member ${identity.memberId}`);
});

function never(): never {
  throw new Error("three nodes have data");
}
