/** The writer that proves that no acknowledged write is lost, on real etcd members that fail. */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { runCommand } from "../support/e2e/run-command.ts";
import { type EtcdNode, EtcdNodes } from "../support/etcd/etcd-nodes.ts";
import { KeyWriter } from "../support/etcd/key-writer.ts";

/** An election, a refused connection and a call without an answer, on a machine under load. */
const FAILOVER_MS_MAX = 5_000;

const docker = new Docker();
const run = `key-writer-${randomBytes(3).toString("hex")}`;
const nodes: EtcdNode[] = [];
let cluster: EtcdNodes;

beforeAll(async () => {
  const image = inject("agentImage");
  cluster = new EtcdNodes({ docker, run, subnet: "172.31.53.0/24", image });
  await cluster.createNetwork();
  nodes.push(...(await cluster.bootstrap([0, 1, 2])));
});

afterAll(async () => {
  await cluster.removeAll();
});

const endpoints = () => Promise.resolve(nodes.map((n) => n.url));

async function etcdctl(node: EtcdNode, ...args: string[]): Promise<string> {
  const command = ["exec", node.container.id, "etcdctl", `--endpoints=${node.url}`, ...args];
  const { code, stdout, stderr } = await runCommand("docker", command, { timeoutMs: 10_000 });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

describe("the writer", () => {
  it("goes on through killed, paused and restarted members, and finds every key", async () => {
    const writer = await KeyWriter.start({ run: "faults", endpoints, inFlight: 4, everyMs: 5 });
    try {
      for (const { container } of nodes) {
        await container.kill();
        await writer.untilAcknowledged(100, FAILOVER_MS_MAX);
        await container.start();
        await writer.untilAcknowledged(100, FAILOVER_MS_MAX);
      }
      for (const { container } of nodes) {
        await container.pause();
        await writer.untilAcknowledged(100, FAILOVER_MS_MAX);
        await container.unpause();
      }
      await Promise.all(nodes.map((n) => n.container.kill()));
      await Promise.all(nodes.map((n) => n.container.start()));
      await writer.untilAcknowledged(100);
      await writer.stop();
      const report = await writer.verify();
      expect(report.violations).toEqual([]);
      expect(report.acknowledged).toBeGreaterThan(1_000);
      expect(report.unknown, JSON.stringify(report.reasons)).toBeLessThan(report.acknowledged / 10);
      expect(report.longestGapMs).toBeGreaterThan(100);
    } finally {
      await writer.close();
    }
  });

  it("names the keys that somebody took away or changed", async () => {
    const writer = await KeyWriter.start({ run: "tampered", endpoints });
    try {
      await writer.untilAcknowledged(5);
      await writer.stop();
      const node = nodes[0] as EtcdNode;
      await etcdctl(node, "del", "/writer/tampered/00000002");
      await etcdctl(node, "put", "/writer/tampered/00000003", "other");
      const report = await writer.verify();
      expect(report.lost.map((w) => w.number)).toEqual([2]);
      expect(report.violations).toEqual([
        'key 3 holds "other"',
        expect.stringMatching(/^write 3, acknowledged at \d+, is stored with revision \d+$/),
        expect.stringMatching(/^write 2, acknowledged at \d+, is missing$/),
      ]);
    } finally {
      await writer.close();
    }
  });

  it("refuses to judge while it still writes", async () => {
    const writer = await KeyWriter.start({ run: "early", endpoints });
    try {
      await expect(writer.verify()).rejects.toThrow("the writer still writes");
    } finally {
      await writer.close();
    }
  });
});
