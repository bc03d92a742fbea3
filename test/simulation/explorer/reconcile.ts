/**
 * One reconcile of the planner: it looks, decides, remembers, acts; and may die between any two of
 * them.
 */
import type { Action } from "../../../controller/model/action.ts";
import { plan } from "../../../controller/plan/plan.ts";
import { brokenByAction, brokenByMemory } from "../rules/rules.ts";
import { askEtcd } from "./etcd.ts";
import { kill, launch } from "./mesos.ts";
import { observe } from "./observe.ts";
import { giveCommand } from "./start-command.ts";
import type { Scratch } from "./scratch.ts";

const CHANGES = ["AddLearner", "PromoteMember", "RemoveMember"];

/** @param actionsMax after so many actions the controller dies; what it decided is durable */
export function reconcile(scratch: Scratch, actionsMax = Infinity): void {
  const { memory, now } = scratch.state;
  const observed = observe(scratch.state);
  const decided = plan({ memory, observed, now, defaultImage: "image" });
  scratch.broken.push(...brokenByMemory(memory, decided.memory, observed));
  for (const action of decided.actions) {
    scratch.broken.push(...brokenByAction(action, memory, observed));
  }
  if (decided.actions.filter((a) => CHANGES.includes(a.type)).length > 1) {
    scratch.wrong("one membership change at a time", decided.actions.map((a) => a.type).join());
  }
  scratch.set({ memory: decided.memory });
  for (const action of decided.actions.slice(0, actionsMax)) perform(scratch, action);
  if (decided.actions.length > actionsMax) die(scratch);
}

/** The process is started again at once: it has heard nothing yet. */
export function die(scratch: Scratch): void {
  const { containers, memory } = scratch.state;
  const slots = memory.slots.map((s) => ({
    ...s,
    task: s.task && { ...s.task, agentUnreachableSince: null },
  }));
  scratch.set({
    mesos: "unreconciled",
    told: {},
    heard: {},
    containers: containers.map((c) => (c.news === "live" ? { ...c, news: "late" } : c)),
    memory: { ...memory, slots },
  });
}

function perform(scratch: Scratch, action: Action): void {
  switch (action.type) {
    case "LaunchTasks":
      return launch(scratch, action);
    case "KillTask":
      return kill(scratch, action.taskId);
    case "StartEtcd":
      return giveCommand(scratch, action.taskId, action.command);
    case "AddLearner":
    case "PromoteMember":
    case "RemoveMember":
    case "MoveLeader":
    case "PutDesired":
      return askEtcd(scratch, action);
    case "SendSnapshot": {
      const { sha256, revision } = action.snapshot;
      const to = scratch.state.containers.find((c) => c.slot === action.slot);
      if (to !== undefined) {
        scratch.patchContainer(to.taskId, { snapshot: { sha256, revision } });
      }
      return;
    }
    case "EnsureNetwork":
    case "EnsureVolume":
    case "EnsureProxy":
    case "DisableAuth":
    case "SaveSnapshot":
    case "DeleteSnapshots":
    case "Compact":
    case "DisarmAlarm":
    case "Defragment":
    case "EndOrphan":
    case "ReleaseAddress":
      return;
    case "RunHostTask":
      throw new Error("no launch fails on its network here");
  }
}
