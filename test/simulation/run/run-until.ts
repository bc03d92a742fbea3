/** Lets a world go on until a time, or until a check has found something. */
import type { Checker } from "../check/checker.ts";
import type { World } from "../world/world.ts";

/** A stretch with more events is one that has gone wild. */
const EVENTS_MAX = 400_000;

/** @param untilMs milliseconds since the epoch */
export async function runUntil(world: World, checker: Checker, untilMs: number): Promise<void> {
  await world.scheduler.run({
    untilMs,
    eventsMax: EVENTS_MAX,
    afterEach: () => {
      checker.afterEvent();
      return checker.findings.all.length > 0;
    },
  });
}
