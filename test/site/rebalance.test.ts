/**
 * A host that came later: a cluster with a spare, two nodes of which share a host, is spread over all of them when
 * a person asks for it, the leader's node last, while somebody writes and somebody reads.
 */
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import { endLoad } from "./end-load.ts";
import { timed } from "./figures.ts";
import { Load } from "./load.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 300_000;
const SPARE = "  etcd: { standby: learner }";
const NOT_YET = "  placement: { constraints: [{ field: hostname, operator: UNLIKE, value: h4 }] }";

let site: Site;

beforeAll(async () => {
  site = await Site.start({ hosts: 4, image: inject("agentImage") });
  await site.save(3, [SPARE, NOT_YET]);
  await site.controller.start();
});

afterAll(() => site?.stop());

const hostsOf = ({ status }: JupyterClusterObject) =>
  status.nodes.map(({ hostname }) => hostname ?? "").toSorted();
const votersOf = ({ status }: JupyterClusterObject) =>
  status.nodes.filter(({ etcd }) => etcd?.isLearner === false);

test("a node moves onto the host that came later, and three vote while one stands by", async () => {
  const before = await site.controller.untilReady(READY_MS_MAX);
  expect(new Set(hostsOf(before)).size).toBe(3);
  const load = await Load.start(site, "rebalance");
  await load.untilUsed();
  await site.save(3, [SPARE]);
  await site.controller.untilReady(READY_MS_MAX, before.status.observedGeneration + 1);
  await timed("rebalanced", async () => {
    const { code, stdout, stderr } = await site.controller.cli(
      ...["rebalance", site.cluster.name, "--yes", "--watch"],
    );
    expect(stdout + stderr).toMatch(/1 node was moved/);
    expect(code).toBe(0);
  });
  const after = await site.controller.until(
    "three vote and one stands by",
    (o) => isTrue(o, "Ready") && !isTrue(o, "Progressing") && votersOf(o).length === 3,
    READY_MS_MAX,
  );
  expect(hostsOf(after)).toEqual(["h1", "h2", "h3", "h4"]);
  const { failures } = await endLoad(load, "rebalance");
  expect(failures).toEqual([]);
});
