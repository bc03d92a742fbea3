/**
 * Whole clusters on Docker's own drivers across hosts: macvlan, whose network the controller makes on each host, and
 * overlay, whose addresses Swarm's managers hold.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { followersOf, leaderOf } from "../support/e2e/nodes.ts";
import { endLoad } from "./end-load.ts";
import { figure, timed } from "./figures.ts";
import { Load } from "./load.ts";
import { addressesOf, containerOf, dial, hostOf, untilReplaced } from "./nodes.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 300_000;
const SPEC = ["  unreachable: { replaceAfterSeconds: 10 }"];

describe.each(["macvlan", "overlay"] as const)("on %s a cluster", (network) => {
  let site: Site;
  let load: Load;
  let before: JupyterClusterObject;

  beforeAll(async () => {
    const image = inject("agentImage");
    site = await Site.start({ hosts: 4, image, network, networkMade: false });
    await site.save(3, SPEC);
    await site.controller.start();
  });

  afterAll(() => site?.stop());

  beforeEach(async () => {
    await timed(`${network}: Ready`, async () => {
      before = await site.controller.untilReady(READY_MS_MAX);
    });
    load = await Load.start(site, `run-${Date.now()}`);
    await load.untilUsed();
  });

  afterEach(async (context) => {
    const { failures } = await endLoad(load, `${network}: ${context.task.name}`);
    expect(failures).toEqual([]);
  });

  test("has each node on a host of its own at its fixed address, and packets pass between them", async () => {
    const { nodes } = before.status;
    expect(new Set(nodes.map(({ hostname }) => hostname)).size).toBe(3);
    const first = String(site.containerNetwork.spec["firstAddress"]);
    const [, prefix = "", last = ""] = /^(.*\.)(\d+)$/.exec(first) ?? [];
    expect(addressesOf(before)).toEqual(
      [0, 1, 2].map((slot) => `${slot} ${prefix}${+last + slot}`),
    );
    for (const from of nodes) {
      for (const to of nodes.filter((one) => one !== from)) {
        expect(await dial(site, from, to)).toBe("connected");
      }
    }
  });

  test("whose leader is killed heals, at the same address", async () => {
    const leader = leaderOf(before);
    const { id, host } = await containerOf(site, leader);
    await host.engine.docker.getContainer(id).kill();
    await timed(`${network}: leader killed: Ready`, () =>
      untilReplaced(site, leader, READY_MS_MAX),
    );
    expect(addressesOf(await site.controller.object())).toEqual(addressesOf(before));
  });

  test("that loses a host is whole again on the others", async () => {
    const node = followersOf(before)[0] ?? expect.fail("there is no follower");
    const { host } = hostOf(site, node);
    const begun = performance.now();
    await host.powerOff();
    if (network === "overlay") await untilGivenUp(node);
    const after = await untilReplaced(site, node, READY_MS_MAX);
    figure(`${network}: host off: replaced`, { ms: Math.round(performance.now() - begun) });
    expect(addressesOf(after)).toEqual(addressesOf(before));
    const hostnames = after.status.nodes.map(({ hostname }) => hostname);
    expect(hostnames).not.toContain(host.name);
    await load.untilUsed();
  });

  /** The lost host's address stays with Swarm: it is told, and a person takes the host out of it. */
  async function untilGivenUp(node: NodeStatus): Promise<void> {
    const isTold = ({ message }: { readonly message: string }) =>
      message.includes("docker node rm --force");
    const told = (o: JupyterClusterObject) => o.status.conditions.some(isTold);
    await site.controller.until("Swarm's hold is told", told, READY_MS_MAX);
    await site.overlay.removeHost(hostOf(site, node).host);
  }
});
