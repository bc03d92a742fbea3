/**
 * `npm run bench`: whole scenarios of the program against a floor measured in the same run, in
 * turns, so that a noisy machine is noisy for both; and its proxy beside others. Prints a table and
 * writes bench.json.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { ensureAgentImage } from "../../agent-image/build/ensure-agent-image.ts";
import { messageOf } from "../../controller/model/errors.ts";
import { silentLog } from "../support/silent-log.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { HandDriven } from "./hand-driven.ts";
import { Probe } from "./probe.ts";
import { followerKills, leaderKills } from "./kills.ts";
import { crowdKills } from "./crowd-kills.ts";
import { notebookKills } from "./notebook.ts";
import { proxies } from "./proxy/proxies.ts";
import { compare, type Measured, table, timed } from "./stats.ts";
import { SwarmDriven } from "./swarm-driven.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    output: { type: "string", default: "bench.json" },
    only: { type: "string" },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 100) {
  throw new Error(`--runs takes a whole number from 1 to 100, not ${values.runs}`);
}
const PARTS = ["ready", "kills", "notebook", "crowd", "proxy"] as const;
const only = PARTS.find((part) => part === values.only);
if (values.only !== undefined && only === undefined) {
  throw new Error(`--only takes ${PARTS.join(", ")}, not ${values.only}`);
}
const isWanted = (part: (typeof PARTS)[number]) => only === undefined || only === part;

const probe = new Probe();
const rows: Measured[] = [];
try {
  if (isWanted("ready")) rows.push(await specToReady(await agentImage()));
  if (isWanted("kills")) rows.push(...(await kills(await agentImage())));
  if (isWanted("notebook")) rows.push(await notebook(await agentImage()));
  if (isWanted("crowd")) rows.push(await crowd(await agentImage()));
  if (isWanted("proxy")) rows.push(...(await proxies(runs)));
} finally {
  await probe.close();
}
console.log(table(rows));
await writeFile(values.output, `${JSON.stringify({ at: new Date(), runs, rows }, null, 2)}\n`);

async function agentImage(): Promise<string> {
  const onProgress = (line: string) => console.error(line);
  return (await ensureAgentImage({ log: silentLog, onProgress })).reference;
}

/** From the saved spec file to Ready; the controller runs already, as in daily use. */
async function specToReady(image: string): Promise<Measured> {
  const program: number[] = [];
  const floor: number[] = [];
  for (let run = 0; run < runs; run++) {
    const hand = new HandDriven(image, probe, "172.31.70");
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

async function kills(image: string): Promise<Measured[]> {
  const hand = new HandDriven(image, probe, "172.31.70");
  const cluster = await LocalCluster.create({ name: "e2e-bench", subnet: "172.31.71" });
  let swarm: SwarmDriven | null = null;
  try {
    await hand.up();
    swarm = await peer(image);
    cluster.startController();
    await cluster.untilReady();
    const bench = { runs, probe, hand, cluster, swarm };
    return [...(await followerKills(bench)), ...(await leaderKills(bench))];
  } finally {
    await cluster.destroy();
    await swarm?.down();
    await hand.down();
  }
}

/** Ten leader kills are what a release is judged by: `--only notebook --runs 10`. */
async function notebook(image: string): Promise<Measured> {
  const hand = new HandDriven(image, probe, "172.31.70");
  const spec = ["  kernels: { placement: spread }"];
  const cluster = await LocalCluster.create({ name: "e2e-bench", subnet: "172.31.71", spec });
  try {
    await hand.up();
    cluster.startController();
    await cluster.untilReady();
    return await notebookKills({ runs, probe, hand, cluster });
  } finally {
    await cluster.destroy();
    await hand.down();
  }
}

/** As a notebook's leader kills, with many at work: requests at a steady pace, and 20 pages. */
async function crowd(image: string): Promise<Measured> {
  const hand = new HandDriven(image, probe, "172.31.70");
  const spec = ["  kernels: { placement: spread, memory: 200Mi }"];
  const cluster = await LocalCluster.create({ name: "e2e-bench", subnet: "172.31.71", spec });
  try {
    await hand.up();
    cluster.startController();
    await cluster.untilReady();
    return await crowdKills({ runs, probe, hand, cluster });
  } finally {
    await cluster.destroy();
    await hand.down();
  }
}

async function peer(image: string): Promise<SwarmDriven | null> {
  const swarm = new SwarmDriven(image, probe);
  try {
    const obstacle = await swarm.obstacle();
    if (obstacle !== null) throw new Error(obstacle);
    await swarm.up();
    return swarm;
  } catch (error) {
    console.error(`Docker Swarm is not measured: ${messageOf(error)}`);
    await swarm.down();
    return null;
  }
}
