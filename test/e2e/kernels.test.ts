/** Kernels that belong to the cluster, on real containers: what may end one, and what may not. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { jupyterUrl } from "../support/e2e/invariants.ts";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { until } from "../support/poll.ts";
import { NotebookUser } from "../support/e2e/notebook-user.ts";

let cluster: LocalCluster;
let user: NotebookUser;

beforeAll(async () => {
  cluster = await LocalCluster.create({
    name: "e2e-kernels",
    subnet: "172.31.87",
    spec: ["  kernels: { placement: spread, memory: 160Mi, processes: 64 }"],
  });
  cluster.startController();
  await cluster.untilReady({ timeoutMs: 300_000 });
  user = new NotebookUser(await jupyterUrl(cluster));
}, 400_000);

afterAll(async () => {
  await user?.close();
  await cluster?.destroy();
}, 120_000);

it("keeps a kernel's variables through kill -9 of the leader's container", async () => {
  const kernel = await user.startKernel();
  expect(await user.run(kernel, "x = 41; print(x)")).toBe("41");
  const before = await cluster.untilReady();
  await cluster.killContainer(leaderOf(before));
  await cluster.until(
    "another leads",
    (o) => o.status.leader !== null && leaderOf(o).slot !== leaderOf(before).slot,
    60_000,
  );
  const again = await until("the kernel answers", () => user.run(kernel, "print(x + 1)"), 60_000);
  expect(again).toBe("42");
  await cluster.untilReady({ timeoutMs: 120_000 });
}, 300_000);

it("interrupts, restarts and shuts down", async () => {
  const kernel = await user.startKernel();
  const sleeping = user.run(kernel, "import time\ntime.sleep(60)");
  await until(
    "it is busy",
    async () => ((await user.state(kernel)) === "busy" ? true : undefined),
    20_000,
  );
  await user.interrupt(kernel);
  expect(await sleeping).toContain("KeyboardInterrupt");
  await user.run(kernel, "y = 1");
  await user.restart(kernel);
  expect(await user.run(kernel, "print('y' in globals())")).toBe("False");
  await user.shutDown(kernel);
  expect(await user.state(kernel)).toBe("gone");
}, 120_000);
