/** Certificates that end while etcd runs, in real containers. */
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { eventually, leaderOf, startAgents } from "../support/agent/agent-checks.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import { Keys } from "../support/agent/agent-etcd.ts";
import { until } from "../support/poll.ts";

/** Long enough to form a cluster on a loaded machine. */
const SHORT_MS = 40_000;

const cluster = new AgentCluster({
  image: inject("agentImage"),
  cluster: "nc",
  subnet: "172.31.27.0/24",
  firstAddress: "172.31.27.10",
  size: 3,
  standby: "cold",
});
const keys = new Keys(cluster.identity);

beforeAll(() => startAgents(cluster));

afterAll(async () => {
  await keys.close();
  await cluster.remove();
});

test("a renewed certificate is in force without a restart, and outlives the one before", async () => {
  const { nodes } = cluster;
  const short = nodes.map((node) => cluster.bootstrapCommand(node, SHORT_MS));
  await Promise.all(nodes.map((node, i) => node.command(short[i] ?? never())));
  await eventually(nodes, "a cluster", (s) => s.etcd?.leaderId != null);
  const leader = await leaderOf(nodes);

  await Promise.all(nodes.map((node) => node.command(cluster.bootstrapCommand(node))));
  const endOfFirst = Math.max(...short.map(({ tls }) => tls?.notAfter ?? 0));
  const renewed = await eventually(
    nodes,
    "a certificate that lasts",
    (s) => (s.certificateNotAfter ?? 0) > endOfFirst,
  );
  await until("the first certificates have ended", () => Date.now() > endOfFirst, SHORT_MS * 2);

  // A member that starts anew shakes hands with the others, in both directions.
  const follower = nodes.find((node) => node !== leader) ?? never();
  await follower.exec(["pkill", "-9", "-x", "etcd"]);
  const back = await eventually(nodes, "all of them together again", (s) => {
    const restarts = s.slot === follower.slot ? 1 : 0;
    return s.units.etcd.restarts === restarts && s.etcd?.leaderId != null;
  });
  const led = (statuses: typeof back) => statuses.map((s) => [s.etcd?.leaderId, s.etcd?.raftTerm]);
  expect(led(back)).toEqual(led(renewed));
});

function never(): never {
  throw new Error("there are three nodes");
}
