/**
 * The nodes are on a network whose packets the hosts route, made by a Docker plug-in under Calico's names:
 * each has its fixed address, whatever its host, and a route to a host says nothing of its life.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { LABELS } from "../../controller/model/ids.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import { followersOf } from "../support/e2e/nodes.ts";
import { endLoad } from "./end-load.ts";
import { figure, timed } from "./figures.ts";
import { Load } from "./load.ts";
import type { AgentHost, RunningContainer } from "./machine/agent-host.ts";
import { execIn } from "./machine/exec.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 300_000;
const SPEC = ["  unreachable: { replaceAfterSeconds: 10 }"];
/** Connects to the etcd of another node, by its peers' port. */
const DIAL =
  "import socket,sys; socket.create_connection((sys.argv[1], 2380), 5); print('connected')";

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

/** With its containers now: a killed one is followed by another. */
async function containerOf({ slot }: NodeStatus): Promise<RunningContainer> {
  const found = (await site.containers()).find(({ labels }) => labels[LABELS.slot] === `${slot}`);
  return found ?? expect.fail(`slot ${slot} has no container`);
}

function hostOf(node: NodeStatus): AgentHost {
  return site.agent(node.hostname ?? "");
}

function follower(): NodeStatus {
  return followersOf(before)[0] ?? expect.fail("there is no follower");
}

function addresses({ status }: JupyterClusterObject): readonly string[] {
  return status.nodes.map(({ slot, ip }) => `${slot} ${ip}`).toSorted();
}

function untilReplaced({ slot, taskId }: NodeStatus): Promise<JupyterClusterObject> {
  const replaced = (o: JupyterClusterObject) => {
    const node = o.status.nodes.find((one) => one.slot === slot);
    return node?.taskId !== taskId && isTrue(o, "Ready") && !isTrue(o, "Progressing");
  };
  return site.controller.until(`slot ${slot} replaced`, replaced, READY_MS_MAX);
}

test("every node is on a host of its own at its fixed address, and packets pass between the hosts", async () => {
  const { nodes } = before.status;
  expect(new Set(nodes.map(({ hostname }) => hostname)).size).toBe(3);
  const prefix = site.calico.spec.subnet.replace(/0\/24$/, "");
  expect(addresses(before)).toEqual([0, 1, 2].map((slot) => `${slot} ${prefix}${10 + slot}`));
  for (const from of nodes) {
    for (const to of nodes.filter((one) => one !== from)) {
      const said = await execIn(await containerOf(from), ["python3", "-c", DIAL, to.ip]);
      expect(said).toBe("connected");
      const way = await hostOf(from).host.run("ip", "route", "get", to.ip);
      expect(way).toContain(`via ${hostOf(to).host.ip}`);
    }
  }
});

test("a node that is killed is back at its address", async () => {
  const node = follower();
  const { id, host } = await containerOf(node);
  await host.engine.docker.getContainer(id).kill();
  const after = await untilReplaced(node);
  expect(addresses(after)).toEqual(addresses(before));
});

test("a host is lost with its routes still there: the node is down all the same, and back elsewhere once the address is given up", async () => {
  const node = follower();
  const { host } = hostOf(node);
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
  const after = await untilReplaced(node);
  figure("host off: replaced", { ms: Math.round(performance.now() - begun) });
  expect(addresses(after)).toEqual(addresses(before));
  expect((await site.calico.store.routes()).get(node.ip)).not.toBe(host.ip);
  await load.untilUsed();
});
