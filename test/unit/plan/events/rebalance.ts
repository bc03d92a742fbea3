/** Events of a rebalance that a person asked for. */
import type { RebalanceAction } from "../../../../controller/model/rebalance.ts";
import { applyRebalance } from "../../../../controller/plan/apply-rebalance.ts";
import { ANNA } from "../../../support/planner/fixtures.ts";
import type { PlannerRun } from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";
import { type EventTable, news } from "./event-table.ts";

const ask = (run: PlannerRun, action: RebalanceAction) => {
  run.memory = applyRebalance(run.memory, action, ANNA, run.now);
};

export const REBALANCE_EVENTS = {
  RebalanceBegun: {
    "a person asks for it": [
      () => news(new Site([1, 2, 3]), (run) => ask(run, "start")),
      "Normal",
      "nodes are moved one by one to hosts where they are spread better",
    ],
    "what would be moved is asked for: not then": [
      () => news(new Site([1, 2, 3]), (run) => ask(run, "preview")),
      "Normal",
    ],
  },
  RebalanceEnded: {
    "nothing is to be moved": [
      () => {
        const site = new Site([1, 2, 3]);
        ask(site, "start");
        return news(site, () => site.reconcile());
      },
      "Normal",
      "no node was moved; no other move would spread the nodes better.",
    ],
    "the cluster can spare no node": [
      () => {
        const site = new Site([1]);
        site.world.units.set(2, { sshd: { ready: false } });
        ask(site, "start");
        site.now += 900_000;
        return news(site, () => site.reconcile());
      },
      "Warning",
      "no node was moved; it waited too long: slot 2 is not ready: sshd not ready.",
    ],
    "a person cancels it": [
      () => {
        const site = new Site([1]);
        ask(site, "start");
        return news(site, () => ask(site, "cancel"));
      },
      "Normal",
      "no node was moved; it was cancelled.",
    ],
  },
} satisfies EventTable;
