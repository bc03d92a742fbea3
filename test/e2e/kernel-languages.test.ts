/** A kernel of another language, in an image that a site makes of ours, goes on when the leader dies. */
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { imageFromDocs } from "../support/e2e/image-from-docs.ts";
import { killLeaderBeside } from "../support/e2e/kernel-node.ts";
import type { LocalCluster } from "../support/e2e/local-cluster.ts";
import { type NotebookCluster, notebookCluster } from "../support/e2e/notebook-cluster.ts";
import type { NotebookUser } from "../support/e2e/notebook-user.ts";

let made: NotebookCluster | undefined;
let cluster: LocalCluster;
let user: NotebookUser;

beforeAll(async () => {
  const image = await imageFromDocs("docs/kernels.md", inject("agentImage"));
  made = await notebookCluster({
    name: "e2e-languages",
    subnet: "172.31.89",
    spec: [`  image: ${image}`, "  kernels: { placement: spread }"],
  });
  ({ cluster, user } = made);
}, 400_000);

afterAll(() => made?.end(), 120_000);

const LINES = 200;

it("keeps its variables and says each line once while the leader dies", async () => {
  const kernel = await user.startKernel("xeus-gp");
  expect(await user.run(kernel, "x = 41; print(x)")).toBe("41");
  const printed = user.run(kernel, `for(i=1,${LINES},print(i);system("sleep 0.05"))`, 60_000);
  await killLeaderBeside(cluster, kernel);
  expect((await printed).split("\n")).toEqual(
    Array.from({ length: LINES }, (_, i) => String(i + 1)),
  );
  expect(await user.run(kernel, "print(x + 1)")).toBe("42");
  await user.shutDown(kernel);
}, 200_000);
