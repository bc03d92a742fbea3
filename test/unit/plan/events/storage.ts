/** Events of the shared storage. */
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { decide } from "../../../support/planner/condition-table.ts";
import { readyRun } from "../../../support/planner/run.ts";
import { type EventTable, news } from "./event-table.ts";

const told = (times: string) =>
  `the shared storage of slot 2 was mounted again${times}: files that were open there are lost to ` +
  "those who had them open, and kernels that work in it must change into it anew (os.chdir) or be " +
  "restarted";

export const STORAGE_EVENTS = {
  StorageRemounted: {
    "a node mounts it again, and once for each time; the first time is none": [
      () => {
        const run = readyRun();
        return news(run, () => {
          for (const mounts of [1, 1, 2, 4]) {
            const { agents } = changeAgents(run.world.observed(), ({ slot }) =>
              slot === 2 ? { storage: { ready: true, message: "", mounts } } : {},
            );
            run.memory = decide(run, { agents }).memory;
          }
        });
      },
      "Warning",
      told(""),
      told(" 2 times"),
    ],
  },
} satisfies EventTable;
