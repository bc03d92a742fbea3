/** Three nodes mount a volume of three GlusterFS servers through their agents; all of it is real. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { SharedStorage } from "../../crd-schema/storage/table.ts";
import type { AgentStatus } from "../../controller/model/agent-api.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import { eventually, whole } from "../support/agent/agent-checks.ts";
import { glusterfsClient, kernelFiles, saveNotebook } from "../support/agent/storage-checks.ts";
import type { AgentNode } from "../support/agent/agent-node.ts";
import { BrickServers } from "../support/glusterfs/brick-servers.ts";
import { ensureGlusterfs } from "../support/glusterfs/ensure-glusterfs.ts";
import { until } from "../support/poll.ts";

const image = inject("agentImage");
const SERVERS = ["172.31.29.21", "172.31.29.22", "172.31.29.23"];
const SHARED = "/home/shared";
const storage: SharedStorage = {
  type: "glusterfs",
  mountPath: SHARED,
  servers: SERVERS,
  volume: "jup",
  options: ["attribute-timeout=1"],
};
const cluster = new AgentCluster({
  ...{ image, cluster: "nb", size: 3, storage },
  ...{ subnet: "172.31.29.0/24", firstAddress: "172.31.29.10" },
});
/** Of the volume, network.ping-timeout. */
const PING_SECONDS = 3;
let servers: BrickServers;

beforeAll(async () => {
  await ensureGlusterfs();
  await cluster.prepare();
  const network = cluster.network;
  servers = new BrickServers({
    ...{ image, network, addresses: SERVERS, volume: "jup", pingSeconds: PING_SECONDS },
  });
});

afterAll(async () => {
  await servers.remove();
  await cluster.remove();
});

function fault(of: AgentStatus["storage"]["fault"]) {
  return (status: AgentStatus) =>
    status.storage.fault === of && status.storage.ready === (of === null);
}

async function readOn(node: AgentNode, file: string): Promise<string> {
  return (await node.exec(["cat", `${SHARED}/${file}`], "admin")).trim();
}

async function writeOn(node: AgentNode, file: string, text: string): Promise<void> {
  await node.exec(["sh", "-c", `printf %s '${text}' > ${SHARED}/${file}`], "admin");
}

describe("before there is a server", () => {
  test("each node says that none answers, and Jupyter does not start", async () => {
    await Promise.all(cluster.nodes.map((node) => node.run()));
    const command = (node: AgentNode) => node.command(cluster.bootstrapCommand(node));
    await eventually(cluster.nodes, "waiting for a command", (s) => s.phase === "awaiting-start");
    await Promise.all(cluster.nodes.map(command));
    const statuses = await eventually(cluster.nodes, "no server", fault("ServersUnreachable"));
    for (const { storage: found, units, problems } of statuses) {
      expect(found.message).toBe(`no GlusterFS server of ${SERVERS.join(", ")} answers`);
      expect(problems).toContain(`shared storage: ${found.message}`);
      expect(units.jupyter.state).toBe("stopped");
    }
  });

  test("nobody can write into the empty directory, root neither, and it says why", async () => {
    const node = cluster.node(0);
    for (const user of ["admin", "root"]) {
      const writing = node.exec(["sh", "-c", `echo lost > ${SHARED}/lost`], user);
      await expect(writing).rejects.toThrow("Read-only file system");
    }
    expect(await node.exec(["ls", SHARED])).toBe("THE-SHARED-STORAGE-IS-NOT-MOUNTED\n");
  });
});

describe("once the volume is there", () => {
  beforeAll(async () => {
    await servers.start();
    await eventually(cluster.nodes, "mounted", fault(null));
    await cluster.putDesired(cluster.node(0));
    await whole(cluster);
  });

  test("what one node writes all nodes see, and every server holds it", async () => {
    await writeOn(cluster.node(0), "seen", "by all");
    for (const node of cluster.nodes) expect(await readOn(node, "seen")).toBe("by all");
    for (const i of [0, 1, 2]) {
      await until(`brick ${i}`, async () => (await servers.brickFile(i, "seen")) === "by all");
    }
  });

  test("a notebook saved through one Jupyter is read by another's", async () => {
    expect(await saveNotebook(cluster, 0, 1)).toBe("kept by slot 0");
  });

  test("what a kernel and Jupyter keep in SQLite or lock lies on the node's own disk", async () => {
    const { shared, own } = await kernelFiles(cluster, cluster.node(0), SHARED);
    expect(shared).toEqual([]);
    expect(own.some((file) => file.endsWith("/.ipython/profile_default/history.sqlite"))).toBe(
      true,
    );
  });

  test("a brick dies: nothing is lost, and nothing stands still for long", async () => {
    await servers.killBrick(1);
    await writeOn(cluster.node(1), "without-one", "two are enough");
    expect(await readOn(cluster.node(2), "without-one")).toBe("two are enough");
    await servers.restartBricks();
    const healed = async () => (await servers.brickFile(1, "without-one")) === "two are enough";
    await until("the brick has caught up", healed, 60_000);
  });

  test("the client is killed: the node mounts anew, and tells that it did", async () => {
    const node = cluster.node(0);
    const before = (await node.status()).storage.mounts ?? 0;
    await node.exec(["kill", "-KILL", await glusterfsClient(node)]);
    const again = (s: AgentStatus) => s.storage.ready && s.storage.mounts === before + 1;
    await eventually([node], "mounted again", again);
    expect(await readOn(node, "seen")).toBe("by all");
    // Nothing dead is left below: the guard, and one mount of the volume.
    const mounts = await node.exec([
      "grep",
      "-cE",
      "fuse.glusterfs|-guard",
      "/proc/self/mountinfo",
    ]);
    expect(mounts.trim()).toBe("2");
  });

  test("the client is stopped by a signal: it counts as dead after a while", async () => {
    const node = cluster.node(2);
    const before = (await node.status()).storage.mounts ?? 0;
    await node.exec(["kill", "-STOP", await glusterfsClient(node)]);
    await eventually([node], "it hangs", fault("MountNotAnswering"));
    const again = (s: AgentStatus) => s.storage.ready && s.storage.mounts === before + 1;
    await eventually([node], "mounted again", again);
    expect(await readOn(node, "seen")).toBe("by all");
  });

  test("all bricks die: every node says so, and goes on by itself when they are back", async () => {
    const before = await Promise.all(cluster.nodes.map((node) => node.status()));
    await Promise.all([0, 1, 2].map((i) => servers.killBrick(i)));
    const [status] = await eventually(cluster.nodes, "no brick", fault("ServersUnreachable"));
    expect(status?.storage.message).toMatch(
      /^too few bricks of GlusterFS volume jup .* can be reached/,
    );
    await servers.restartBricks();
    const after = await eventually(cluster.nodes, "back", fault(null), 60_000);
    expect(after.map((s) => s.storage.mounts)).toEqual(before.map((s) => s.storage.mounts));
    expect(await readOn(cluster.node(1), "seen")).toBe("by all");
  });

  test("all servers fall silent: the agents answer, and so do etcd and ssh", async () => {
    await Promise.all([0, 1, 2].map((i) => servers.pause(i)));
    try {
      const hang = (s: AgentStatus) => !s.storage.ready;
      const statuses = await eventually(cluster.nodes, "told", hang);
      const faults = statuses.map((s) => s.storage.fault ?? "");
      expect(faults.every((f) => /^(MountNotAnswering|ServersUnreachable)$/.test(f))).toBe(true);
      expect(statuses.every((s) => s.etcd !== null && s.units.sshd.ready)).toBe(true);
    } finally {
      await Promise.all([0, 1, 2].map((i) => servers.unpause(i)));
    }
    await eventually(cluster.nodes, "back", fault(null), 60_000);
  });

  test("a node that is told to end leaves nothing behind, in its time", async () => {
    expect(await cluster.node(2).stop()).toBe(0);
  });
});
