/** What takes more than its share: of a node's memory, and of an agent's connections. */
import { AGENT_PORT } from "../../../controller/model/agent-api.ts";
import type { JupyterClusterObject, NodeStatus } from "../../../controller/model/resource.ts";
import { eventsOf } from "../../support/e2e/events.ts";
import { IdleConnections } from "../../support/idle-connections.ts";
import type { Site } from "../site.ts";
import { drawNode, told } from "./kill.ts";
import type { Fault } from "./fault.ts";

/** `tail` keeps what it has read until a line ends, of which there is none. As a kernel or a login is. */
const HOG = "choom -n 500 -- tail /dev/zero; echo $?";
const BY_SIGKILL = "137";

export const useUpMemory: Fault = {
  kind: "use up a node's memory",
  async run(site, before, random) {
    const node = drawNode(before, random);
    const begun = Date.now();
    const ended = await site.inside(node, ["sh", "-c", HOG]);
    if (ended !== BY_SIGKILL) throw new Error(`the hog of slot ${node.slot} ended with ${ended}`);
    return {
      endedMs: performance.now(),
      what: told(node),
      replaces: [],
      isOver: (now) => isTold(site, now, node, begun),
    };
  },
};

/** Or its container is another one, which knows nothing of it. */
async function isTold(
  site: Site,
  now: JupyterClusterObject,
  { slot, container }: NodeStatus,
  since: number,
): Promise<boolean> {
  if (now.status.nodes.every((n) => n.container !== container)) return true;
  return (await eventsOf(site.cluster)).some(
    ({ reason, message, lastTimestamp }) =>
      reason === "OutOfMemory" &&
      message.includes(`of slot ${slot} ended`) &&
      Date.parse(lastTimestamp) >= since,
  );
}

const HOLD_MS_MIN = 1_000;
const HOLD_MS_MAX = 8_000;
/** A few of them, and more than the agent takes of anybody. */
const COUNTS = [64, 320];

export const holdConnections: Fault = {
  kind: "hold an agent's connections",
  async run(site, before, random) {
    const node = drawNode(before, random);
    const holdMs = random.whole(HOLD_MS_MIN, HOLD_MS_MAX);
    const count = random.pick(COUNTS);
    const idle = new IdleConnections(node.ip, AGENT_PORT, count);
    try {
      await site.hold(holdMs);
    } finally {
      idle.close();
    }
    return {
      endedMs: performance.now(),
      what: `${told(node)}, ${count} at a time for ${holdMs} ms, ${idle.total} in all`,
      replaces: [],
      isOver: () => true,
    };
  },
};
