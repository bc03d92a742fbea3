/**
 * What a notebook user does to his node stays his own affair: memory that is used up ends his kernel
 * and not etcd, a fork bomb ends at the node's bound, and root's power in the container is bounded.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeStatus } from "../../controller/model/resource.ts";
import { runCell } from "../support/e2e/kernel.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";

const PIDS = 300;
let cluster: LocalCluster;
let node: NodeStatus;
let jupyter: string;

beforeAll(async () => {
  cluster = await LocalCluster.create({
    name: "e2e-bounds",
    subnet: "172.31.68",
    replicas: 1,
  });
  await cluster.save(cluster.specText(1).replace("memory: 512Mi", `memory: 512Mi, pids: ${PIDS}`));
  cluster.startController();
  await cluster.untilServing();
  node = leaderOf(await cluster.untilReady());
  jupyter = (await cluster.cli("url")).stdout.trim();
});

afterAll(() => cluster?.destroy());

/** The process of the container that `pgrep -f` finds first. */
async function pidOf(pattern: string): Promise<string> {
  const { code, stdout } = await cluster.exec(node, ["pgrep", "-o", "-f", pattern], "root");
  if (code !== 0) throw new Error(`pgrep ended with ${code}: ${stdout}`);
  return stdout.trim();
}

/** Those that must not go for a user's sake. */
const vital = async () => ({
  etcd: await pidOf("^/usr/bin/etcd "),
  agent: await pidOf("^/usr/bin/node "),
  jupyter: await pidOf("jupyter-lab"),
});

async function read(path: string): Promise<string> {
  return (await cluster.exec(node, ["cat", path], "root")).stdout.trim();
}

describe("a node's processes", () => {
  it("go in their order when its memory is used up", async () => {
    const ofKernel = "print(open('/proc/self/oom_score_adj').read())";
    const kernel = await runCell(jupyter, ofKernel, 60_000);
    const score = async (pid: string) => Number(await read(`/proc/${pid}/oom_score_adj`));
    const pids = await vital();
    const sshd = await score(await pidOf("^sshd"));
    const scores = [Number(kernel), sshd, await score(pids.jupyter), await score(pids.etcd)];
    expect(scores).toEqual([500, 500, 200, 0]);
    expect(await score(pids.agent)).toBe(0);
  });

  it("are bounded in what root may do", async () => {
    const status = await read("/proc/1/status");
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    // CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, NET_BIND_SERVICE, SYS_CHROOT.
    const allowed = [0, 1, 3, 5, 6, 7, 10, 18].reduce((sum, bit) => sum + 2 ** bit, 0);
    const bounding = /^CapBnd:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? "";
    expect(Number.parseInt(bounding, 16)).toBe(allowed);
  });
});

describe("a user", () => {
  it("who uses up the memory loses his own processes, is told, and nobody else notices", async () => {
    const before = await vital();
    const hog =
      "b = bytearray(30 << 20); b[::4096] = b'x' * len(b[::4096]); __import__('time').sleep(15)";
    const workers = [
      "import subprocess, sys",
      `[subprocess.Popen([sys.executable, '-c', ${JSON.stringify(hog)}], start_new_session=True) for _ in range(40)]`,
      "print('started')",
    ].join("\n");
    // His kernel may be the one that goes.
    await runCell(jupyter, workers, 10_000).catch(() => undefined);
    const told = async () => {
      const { stdout } = await cluster.cli("describe", cluster.options.name);
      return /OutOfMemory.*its memory of 512 MiB was used up/.test(stdout) ? stdout : undefined;
    };
    await until("the event is told", told, 30_000);
    expect(await vital()).toEqual(before);
    await cluster.untilReady();
  });

  it("who starts processes without end is refused more, and the node goes on", async () => {
    const before = await vital();
    const bomb = [
      "import os, time",
      "count = 0",
      "try:",
      "    while count < 5000:",
      "        if os.fork() == 0:",
      "            time.sleep(5)",
      "            os._exit(0)",
      "        count += 1",
      "except OSError as error:",
      "    print(type(error).__name__, count)",
    ].join("\n");
    const { stdout } = await cluster.exec(node, ["python3", "-c", bomb]);
    const [error, count] = stdout.trim().split(" ");
    expect(error).toBe("BlockingIOError");
    expect(Number(count)).toBeLessThan(PIDS);
    // Until the bomb's processes have ended, `docker exec` may be refused its own.
    expect(await until("one can look into the node", vital)).toEqual(before);
    await cluster.untilReady();
  });
});
