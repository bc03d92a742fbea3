/** SIGSTOP and, after a while, SIGCONT: what hangs is worse than what is dead. */
import { drawNode, told } from "./kill.ts";
import { type Fault, unlessMissed } from "./fault.ts";

const HOLD_MS_MIN = 300;
const HOLD_MS_MAX = 6_000;

export const pauseContainer: Fault = {
  kind: "SIGSTOP a container",
  async run(site, before, random) {
    const node = drawNode(before, random);
    const holdMs = random.whole(HOLD_MS_MIN, HOLD_MS_MAX);
    await site.pause(node);
    await site.hold(holdMs);
    const endedMs = performance.now();
    await unlessMissed(site.unpause(node));
    return { endedMs, what: `${told(node)} for ${holdMs} ms`, replaces: [], isOver: () => true };
  },
};

function stopProcess(name: string): Fault {
  return {
    kind: `SIGSTOP ${name === "node" ? "the agent" : name}`,
    exclusive: "signal",
    async run(site, before, random) {
      const node = drawNode(before, random);
      const holdMs = random.whole(HOLD_MS_MIN, HOLD_MS_MAX);
      await site.inside(node, ["pkill", "-STOP", "-x", name]);
      await site.hold(holdMs);
      const endedMs = performance.now();
      // The agent may have killed what hung, and runs another one by now.
      await site.healInside(node, `pkill -CONT -x ${name} || true`);
      return { endedMs, what: `${told(node)} for ${holdMs} ms`, replaces: [], isOver: () => true };
    },
  };
}

export const stopEtcd = stopProcess("etcd");
export const stopJupyter = stopProcess("jupyter-lab");
export const stopAgent = stopProcess("node");
