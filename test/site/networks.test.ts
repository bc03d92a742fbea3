/**
 * The nodes are on a network whose packets the hosts route, made by a Docker plug-in under Calico's names:
 * each has its fixed address, whatever its host, and a route to a host says nothing of its life.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { followersOf } from "../support/e2e/nodes.ts";
import { endLoad } from "./end-load.ts";
import { figure, timed } from "./figures.ts";
import { Load } from "./load.ts";
import { addressesOf, containerOf, dial, hostOf, untilReplaced } from "./nodes.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 300_000;
const SPEC = ["  unreachable: { replaceAfterSeconds: 10 }"];

let site: Site;
let load: Load;
let before: JupyterClusterObject;

beforeAll(async () => {
  site = await Site.start({ hosts: 4, image: inject("agentImage"), network: "calico" });
  await site.save(3, SPEC);
  await site.controller.start();
});

afterAll(() => site?.stop());

beforeEach(async () => {
  before = await site.controller.untilReady(READY_MS_MAX);
  load = await Load.start(site, `run-${Date.now()}`);
  await load.untilUsed();
});

afterEach(async (context) => {
  const { failures } = await endLoad(load, context.task.name);
  expect(failures).toEqual([]);
});

function follower(): NodeStatus {
  return followersOf(before)[0] ?? expect.fail("there is no follower");
}

test("every node is on a host of its own at its fixed address, and packets pass between the hosts", async () => {
  const { nodes } = before.status;
  expect(new Set(nodes.map(({ hostname }) => hostname)).size).toBe(3);
  const prefix = site.calico.spec.subnet.replace(/0\/24$/, "");
  expect(addressesOf(before)).toEqual([0, 1, 2].map((slot) => `${slot} ${prefix}${10 + slot}`));
  for (const from of nodes) {
    for (const to of nodes.filter((one) => one !== from)) {
      expect(await dial(site, from, to)).toBe("connected");
      const way = await hostOf(site, from).host.run("ip", "route", "get", to.ip);
      expect(way).toContain(`via ${hostOf(site, to).host.ip}`);
    }
  }
});

test("a node that is killed is back at its address", async () => {
  const node = follower();
  const { id, host } = await containerOf(site, node);
  await host.engine.docker.getContainer(id).kill();
  const after = await untilReplaced(site, node, READY_MS_MAX);
  expect(addressesOf(after)).toEqual(addressesOf(before));
});

test("a host is lost with its routes still there: the node is down all the same, and back elsewhere once the address is given up", async () => {
  const node = follower();
  const { host } = hostOf(site, node);
  const begun = performance.now();
  await host.powerOff();
  const down = (o: JupyterClusterObject) =>
    o.status.nodes.some(({ slot, phase }) => slot === node.slot && phase !== "Running");
  await timed("host off: its node does not run", () =>
    site.controller.until("the node is down", down, READY_MS_MAX),
  );
  expect((await site.calico.store.routes()).get(node.ip)).toBe(host.ip);
  const held = (o: JupyterClusterObject) =>
    o.status.conditions.some(({ message }) => message.includes(node.ip));
  const told = await site.controller.until("the address is told", held, READY_MS_MAX);
  const about = told.status.conditions.filter(({ message }) => message.includes(node.ip));
  figure("host off", { told: about.map(({ type, reason, message }) => [type, reason, message]) });
  // As docs/networks.md has a person do it: calicoctl ipam release --ip=…
  await site.calico.store.release(node.ip);
  const after = await untilReplaced(site, node, READY_MS_MAX);
  figure("host off: replaced", { ms: Math.round(performance.now() - begun) });
  expect(addressesOf(after)).toEqual(addressesOf(before));
  expect((await site.calico.store.routes()).get(node.ip)).not.toBe(host.ip);
  await load.untilUsed();
});
