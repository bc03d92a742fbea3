/** Signals without an end, to containers, to processes in them, and to the controller with its embedded Mesos. */
import type { JupyterClusterObject, NodeStatus } from "../../../controller/model/resource.ts";
import { followersOf, leaderOf } from "../../support/e2e/nodes.ts";
import type { Random } from "../random.ts";
import type { Site } from "../site.ts";
import { type Effect, type Fault, MissedError } from "./fault.ts";

const CONTROLLER_AWAY_MS_MAX = 4_000;

/** The leader as often as not: it is who matters most. */
export function drawNode(of: JupyterClusterObject, random: Random): NodeStatus {
  return random.chance(0.5) ? leaderOf(of) : random.pick(followersOf(of));
}

export function told(node: NodeStatus): string {
  return `slot ${node.slot} (${node.name})`;
}

/** Each of these slots runs another task. */
export function relaunched(nodes: readonly NodeStatus[], endedMs: number): Effect {
  const taskOf = new Map(nodes.map((n) => [n.slot, n.taskId]));
  return {
    endedMs,
    what: nodes.map(told).join(", "),
    replaces: nodes.map((n) => n.slot),
    isOver: (now) =>
      now.status.nodes.every((n) => !taskOf.has(n.slot) || n.taskId !== taskOf.get(n.slot)),
  };
}

function killContainers(
  kind: string,
  choose: (before: JupyterClusterObject, random: Random) => readonly NodeStatus[],
): Fault {
  return {
    kind,
    async run(site, before, random) {
      const victims = choose(before, random);
      const endedMs = performance.now();
      const killed = await Promise.all(victims.map((node) => hasKilled(site, node)));
      if (!killed.includes(true)) throw new MissedError("others were quicker");
      return relaunched(victims, endedMs);
    },
  };
}

async function hasKilled(site: Site, node: NodeStatus): Promise<boolean> {
  try {
    await site.killContainer(node);
    return true;
  } catch (error) {
    if (error instanceof MissedError) return false;
    throw error;
  }
}

export const killOne = killContainers("kill -9 a container", (before, random) => [
  drawNode(before, random),
]);

export const killMajority = killContainers("kill -9 a majority", ({ status }, random) => {
  const majority = Math.floor(status.nodes.length / 2) + 1;
  return random.shuffle(status.nodes).slice(0, majority);
});

export const killAll = killContainers("kill -9 all containers", ({ status }) => status.nodes);

/** The agent runs it again in the same container: what has ended at once, what hangs when that is certain. */
function endProcess(kind: string, name: string, signal: "KILL" | "STOP"): Fault {
  return {
    kind,
    async run(site, before, random) {
      const node = drawNode(before, random);
      const old = await site.processIn(node, name);
      const endedMs = performance.now();
      await site.inside(node, ["kill", `-${signal}`, String(old)]);
      return {
        endedMs,
        what: told(node),
        replaces: [],
        isOver: (now) => isAnotherProcess(site, now, node, name, old),
      };
    },
  };
}

async function isAnotherProcess(
  site: Site,
  now: JupyterClusterObject,
  before: NodeStatus,
  name: string,
  old: number,
): Promise<boolean> {
  const node = now.status.nodes.find((n) => n.slot === before.slot);
  if (node === undefined || node.container !== before.container) return true;
  return (await site.processIn(node, name)) !== old;
}

const killProcess = (name: string) => endProcess(`kill -9 ${name}`, name, "KILL");

export const killEtcd = killProcess("etcd");
export const killSshd = killProcess("sshd");
export const killJupyter = killProcess("jupyter-lab");

/** Nobody sends SIGCONT, also no other fault. */
const wedgeProcess = (name: string): Fault => ({
  ...endProcess(`wedge ${name}`, name, "STOP"),
  exclusive: "signal",
});

export const wedgeEtcd = wedgeProcess("etcd");
export const wedgeSshd = wedgeProcess("sshd");
export const wedgeJupyter = wedgeProcess("jupyter-lab");

/** PID 1 ends with its only child, and with it the container. */
export const killAgent: Fault = {
  kind: "kill -9 the agent",
  async run(site, before, random) {
    const node = drawNode(before, random);
    const endedMs = performance.now();
    await site.inside(node, ["pkill", "-KILL", "-x", "node"]);
    return relaunched([node], endedMs);
  },
};

export const killController: Fault = {
  kind: "kill -9 the controller",
  exclusive: "controller",
  async run(site, _, random) {
    const awayMs = random.whole(0, CONTROLLER_AWAY_MS_MAX);
    await site.killController();
    await site.hold(awayMs);
    const endedMs = performance.now();
    site.startController();
    return { endedMs, what: `away for ${awayMs} ms`, replaces: [], isOver: () => true };
  },
};
