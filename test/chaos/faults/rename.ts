/** Somebody gives a container another name on the engine, and then ends it by that. */
import { drawNode, relaunched, told } from "./kill.ts";
import type { Fault } from "./fault.ts";

const RENAMED_MS_MAX = 3_000;

export const renameAndKill: Fault = {
  kind: "rename and kill -9 a container",
  async run(site, before, random) {
    const node = drawNode(before, random);
    const renamedMs = random.whole(0, RENAMED_MS_MAX);
    const renamed = await site.rename(node, `renamed-${random.whole(0, 2 ** 31)}`);
    await site.hold(renamedMs);
    const endedMs = performance.now();
    await renamed.kill();
    const what = `${told(node)} after ${renamedMs} ms under its other name`;
    return { ...relaunched([node], endedMs), what };
  },
};
