/** A notebook in a real browser, whose cell prints all the time, while leader after leader is killed. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { jupyterUrl } from "../support/e2e/invariants.ts";
import { killLeaderBeside, killLeaderOf } from "../support/e2e/kernel-node.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { until } from "../support/poll.ts";
import { CountingNotebook } from "../support/page/counting-notebook.ts";

const KILLS = 3;

let cluster: LocalCluster;
let notebook: CountingNotebook;

beforeAll(async () => {
  cluster = await LocalCluster.create({
    name: "e2e-notebook",
    subnet: "172.31.96",
    spec: ["  kernels: { placement: spread }"],
  });
  cluster.startController();
  await cluster.untilReady({ timeoutMs: 300_000 });
  notebook = await CountingNotebook.open(await jupyterUrl(cluster));
}, 400_000);

afterAll(async () => {
  await notebook?.close();
  await cluster?.destroy();
}, 120_000);

it(`shows every line once, in the same page and through one WebSocket, while ${KILLS} leaders die`, async () => {
  const { page } = notebook;
  const kernel = await page.kernel();
  for (let kill = 0; kill < KILLS; kill += 1) await killLeaderBeside(cluster, kernel);
  const { count, lines } = await notebook.end(cluster);
  expect(lines).toEqual([...Array.from({ length: count }, (_, i) => String(i)), `said ${count}`]);
  expect(await notebook.variable()).toBe(String(count));
  expect((await page.watched()).dialogs).toEqual([]);
  expect(await page.isTheSame()).toBe(true);
  expect(page.reconnects).toBe(0);
}, 400_000);

it("tells in the cell that its kernel was lost with the leader, has what it said once, and goes on with another", async () => {
  const { page } = notebook;
  await notebook.beginAnew(cluster);
  await killLeaderOf(cluster, await page.kernel());
  const told = async () => {
    const lines = await page.lines(0);
    return /lost with its node/.test(lines.at(-1) ?? "") && lines.slice(0, -1);
  };
  const said = await until("the cell tells of it", told, 120_000);
  expect(said).toEqual(Array.from(said, (_, i) => String(i)));
  // Jupyter's usual message.
  await page.acceptDialog("Kernel Restarting");
  expect(await notebook.variable()).toBe("None");
}, 400_000);
