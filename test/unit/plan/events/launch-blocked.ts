/** The event of slots that are not launched. */
import type { ObservedOffer } from "../../../../controller/model/observed.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, fakeOffer } from "../../../support/planner/fixtures.ts";
import { changeSpec, PlannerRun } from "../../../support/planner/run.ts";
import { type EventTable, news } from "./event-table.ts";

/** A cluster whose only agent offers this. */
function offered(offers: (look: number) => readonly ObservedOffer[]): PlannerRun {
  let look = 0;
  return new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10", () => offers((look += 1))));
}

/** Twenty seconds. */
function wait(run: PlannerRun): void {
  for (let i = 0; i < 100; i++) run.reconcile();
}

/** Not even the same amount twice; and nothing at each third look, as after a decline. */
const scraps = (look: number) => (look % 3 === 0 ? [] : [fakeOffer({ cpus: look / 10_000 })]);
const NOWHERE = { field: "hostname", operator: "CLUSTER", value: "nowhere" } as const;
const NEEDS = "(a node needs 0.25 cpus, 768 MiB of memory, 1024 MiB of disk)";
const NO_FIT = `not launched: slots 0, 1, 2: the only agent that offers does not fit ${NEEDS}: host-1`;

export const LAUNCH_BLOCKED_EVENTS = {
  LaunchBlocked: {
    "no offer is enough: once, however the amounts change and offers come and go": [
      () => {
        const run = offered(scraps);
        return news(run, () => Array.from({ length: 5 }, () => wait(run)));
      },
      "Warning",
      `${NO_FIT} offers 0.008 of 0.25 cpus`,
    ],
    "offers are enough, and then something else is in the way": [
      () => {
        const run = offered((look) => (look <= 100 ? scraps(look) : [fakeOffer()]));
        wait(run);
        return news(run, () => {
          const { placement } = run.memory.cluster.spec;
          changeSpec(run, { placement: { ...placement, constraints: [NOWHERE] } });
          wait(run);
          wait(run);
        });
      },
      "Warning",
      `${NO_FIT} has hostname host-1, not nowhere (CLUSTER)`,
    ],
    "a launch that works is blocked by nothing, before and after": [
      () => {
        const run = offered(() => [fakeOffer()]);
        return news(run, () => {
          run.untilReady();
          run.world.kill(2);
          wait(run);
        });
      },
      "Warning",
    ],
  },
} satisfies EventTable;
