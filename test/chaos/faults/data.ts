/** A slot's data volume, or the controller's disk, is full for a while, or a slot's data is gone. */
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { isTrue } from "../../support/e2e/local-cluster.ts";
import { SMALL_SLOT } from "../small-volume.ts";
import { drawNode, relaunched, told } from "./kill.ts";
import { type Fault, MissedError, unlessMissed } from "./fault.ts";

const HOLD_MS_MIN = 2_000;
const HOLD_MS_MAX = 8_000;

/** Real: etcd cannot let its database grow and the agent cannot write either (ENOSPC). */
export const fillDisk: Fault = {
  kind: "fill a node's disk",
  exclusive: "data",
  async run(site, before, random) {
    const node = before.status.nodes.find((n) => n.slot === SMALL_SLOT);
    if (node === undefined) throw new Error(`there is no slot ${SMALL_SLOT}`);
    const holdMs = random.whole(HOLD_MS_MIN, HOLD_MS_MAX);
    const old = await site.processIn(node, "etcd");
    let hasEnded = false;
    let endedMs = 0;
    try {
      // Its file is as large as it must be: the next value does not fit in.
      await site.inside(node, ["sh", "-c", "etcdctl defrag --command-timeout=5s || true"]);
      await site.small.fill();
      await site.filler.put(before.status.nodes.filter((n) => n.slot !== node.slot));
      await site.hold(holdMs);
      hasEnded = await site.processIn(node, "etcd").then(
        (now) => now !== old,
        () => true,
      );
      endedMs = performance.now();
    } finally {
      await site.small.free();
    }
    return {
      endedMs,
      what: `${told(node)} for ${holdMs} ms, etcd ${hasEnded ? "ended" : "went on"}`,
      // An etcd that cannot run on its data may be given up and replaced.
      replaces: [node.slot],
      isOver: () => true,
    };
  },
};

/** Nothing can be intended meanwhile, as nothing can be remembered; whoever is served already still is. */
export const fillStateDisk: Fault = {
  kind: "fill the state directory's disk",
  // A controller that starts has to read and write there, and nobody starts it a second time.
  exclusive: "controller",
  async run(site, _, random) {
    const { stateDisk } = site;
    if (stateDisk === null) throw new MissedError("only root can mount a disk");
    const holdMs = random.whole(HOLD_MS_MIN, HOLD_MS_MAX);
    let endedMs = 0;
    try {
      await stateDisk.fill();
      await site.hold(holdMs);
      endedMs = performance.now();
    } finally {
      await stateDisk.free();
    }
    return {
      endedMs,
      what: `for ${holdMs} ms`,
      replaces: [],
      isOver: (now) => isTrue(now, "StateStored"),
    };
  },
};

/** The container dies with its data; a minority, so that nothing acknowledged is lost. */
export const loseData: Fault = {
  kind: "lose a slot's data and container",
  exclusive: "data",
  async run(site, before, random) {
    const node = drawNode(before, random);
    // etcd still runs, and may make a file anew in between.
    await site.inside(node, ["sh", "-c", "rm -rf /var/lib/jupyter-cluster/* || true"]);
    const endedMs = performance.now();
    await unlessMissed(site.killContainer(node));
    const effect = relaunched([node], endedMs);
    const memberIn = (o: JupyterClusterObject) =>
      o.status.nodes.find((n) => n.slot === node.slot)?.etcd?.memberId;
    return {
      ...effect,
      isOver: async (now) => (await effect.isOver(now)) && memberIn(now) !== memberIn(before),
    };
  },
};
