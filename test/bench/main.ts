/**
 * `npm run bench`: whole scenarios of the program against a floor measured in the same run, in
 * turns, so that a noisy machine is noisy for both. Prints a table and writes bench.json.
 */
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ensureAgentImage } from "../../agent-image/build/ensure-agent-image.ts";
import { PROVEN_AFTER_MS } from "../../controller/plan/tasks/backoff.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { silentLog } from "../support/silent-log.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { HandDriven } from "./hand-driven.ts";
import { Probe } from "./probe.ts";
import { compare, type Measured, table } from "./stats.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    output: { type: "string", default: "bench.json" },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 100) {
  throw new Error(`--runs takes a whole number from 1 to 100, not ${values.runs}`);
}

const { reference } = await ensureAgentImage({
  log: silentLog,
  onProgress: (line) => console.error(line),
});
const probe = new Probe();
const rows: Measured[] = [];
try {
  rows.push(await specToReady());
  rows.push(...(await kills()));
} finally {
  await probe.close();
}
console.log(table(rows));
await writeFile(values.output, `${JSON.stringify({ at: new Date(), runs, rows }, null, 2)}\n`);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** From the saved spec file to Ready; the controller runs already, as in daily use. */
async function specToReady(): Promise<Measured> {
  const program: number[] = [];
  const floor: number[] = [];
  for (let run = 0; run < runs; run++) {
    const hand = new HandDriven(reference, probe, "172.31.70");
    try {
      floor.push(await timed(() => hand.up()));
    } finally {
      await hand.down();
    }
    const cluster = await LocalCluster.create({
      name: "e2e-bench",
      subnet: "172.31.71",
      empty: true,
    });
    try {
      cluster.startController();
      await cluster.untilServing();
      program.push(
        await timed(async () => {
          await cluster.save(cluster.specText(3));
          await cluster.untilReady();
        }),
      );
    } finally {
      await cluster.destroy();
    }
  }
  return compare("spec to Ready, 3 nodes", 1.3, program, floor);
}

async function kills(): Promise<Measured[]> {
  const hand = new HandDriven(reference, probe, "172.31.70");
  const cluster = await LocalCluster.create({ name: "e2e-bench", subnet: "172.31.71" });
  try {
    await hand.up();
    cluster.startController();
    await cluster.untilReady();
    const followers = await followerKills(hand, cluster);
    return [followers, await leaderKills(hand, cluster)];
  } finally {
    await cluster.destroy();
    await hand.down();
  }
}

async function followerKills(hand: HandDriven, cluster: LocalCluster): Promise<Measured> {
  const program: number[] = [];
  const floor: number[] = [];
  const identity = await cluster.etcdIdentity();
  for (let run = 0; run < runs; run++) {
    const leads = hand.ips.indexOf(await probe.untilLeader(hand.ips));
    const slot = (leads + 1) % hand.ips.length;
    floor.push(
      await timed(async () => {
        await hand.kill(slot);
        await hand.replace(slot);
        await probe.untilVoter(hand.ip(slot));
      }),
    );
    await calm(hand, slot);
    const ready = await cluster.untilReady();
    const follower = ready.status.nodes.find((n) => !n.leader);
    if (follower === undefined) throw new Error("there is no follower");
    program.push(
      await timed(async () => {
        await cluster.killContainer(follower);
        // A dead address is not dialled: the kernel would look for it for a second and more.
        const runs = (o: JupyterClusterObject) =>
          o.status.nodes.some(
            (n) => n.taskId !== null && n.slot === follower.slot && isSuccessor(n, follower),
          );
        await cluster.until("its successor runs", runs);
        await probe.untilVoter(follower.ip, identity);
      }),
    );
    await settled(cluster, follower.taskId);
  }
  return compare("follower kill to healthy voting member", 1.2, program, floor);
}

async function leaderKills(hand: HandDriven, cluster: LocalCluster): Promise<Measured> {
  const program: number[] = [];
  const floor: number[] = [];
  const served = `${cluster.proxyUrl}/api`;
  for (let run = 0; run < runs; run++) {
    const old = hand.ips.indexOf(await probe.untilLeader(hand.ips));
    const rest = hand.ips.filter((_, slot) => slot !== old);
    floor.push(
      await timed(async () => {
        await hand.kill(old);
        await probe.until200(hand.jupyterUrl(await probe.untilLeader(rest)));
      }),
    );
    await hand.replace(old);
    await calm(hand, old);
    const leader = leaderOf(await cluster.untilReady());
    await probe.until200(served);
    program.push(
      await timed(async () => {
        await cluster.killContainer(leader);
        await probe.until200(served);
      }),
    );
    await settled(cluster, leader.taskId);
  }
  return compare("leader kill to the first 200 through the proxy", 1.2, program, floor);
}

/** The one's Jupyter still starts after its etcd serves: that second of work is not the other's. */
async function calm(hand: HandDriven, slot: number): Promise<void> {
  await probe.untilVoter(hand.ip(slot));
  await probe.until200(hand.jupyterUrl(hand.ip(slot)));
}

/**
 * The next kill comes when this one is healed and has been for a while: a node that dies soon
 * after it got ready is in backoff, and that is not what is measured here.
 */
async function settled(cluster: LocalCluster, taskId: string | null): Promise<void> {
  await cluster.until("the loss is seen", (o) => o.status.nodes.every((n) => n.taskId !== taskId));
  await cluster.untilReady();
  await delay(PROVEN_AFTER_MS + 500);
}

function isSuccessor(node: NodeStatus, dead: NodeStatus): boolean {
  return node.taskId !== dead.taskId && (node.phase === "Starting" || node.phase === "Running");
}
