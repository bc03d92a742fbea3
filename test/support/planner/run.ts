/** Runs the planner against the fake world, reconcile by reconcile. */
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Plan } from "../../../controller/plan/input.ts";
import { plan } from "../../../controller/plan/plan.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { FakeWorld } from "./fake-world.ts";
import { fakeMemory, T0 } from "./fixtures.ts";

export class PlannerRun {
  now = T0;
  readonly done: Action[] = [];

  constructor(
    public memory: ClusterMemory,
    readonly world: FakeWorld,
  ) {}

  /** One reconcile: plan, do all of it, let the world move, let 200 ms pass. */
  reconcile(): Plan {
    const { memory, world, now } = this;
    const decided = plan({ memory, observed: world.observed(), now, defaultImage: "image" });
    this.memory = decided.memory;
    for (const action of decided.actions) {
      this.done.push(action);
      world.apply(action);
    }
    world.settle();
    this.now += 200;
    return decided;
  }

  /** Reconciles until Ready; throws with the reason after `visitsMax`. */
  untilReady(visitsMax = 400): Plan {
    return this.until((p) => condition(p, "Ready") === "True", visitsMax);
  }

  until(met: (decided: Plan) => boolean, visitsMax = 400): Plan {
    let last: Plan | null = null;
    for (let i = 0; i < visitsMax; i++) {
      last = this.reconcile();
      if (met(last)) return last;
    }
    const ready = last?.status.conditions.find((c) => c.type === "Ready");
    throw new Error(`not converged: ${ready?.reason}: ${ready?.message}`);
  }
}

export function condition(decided: Plan, type: string): string | undefined {
  return decided.status.conditions.find((c) => c.type === type)?.status;
}

/** A cluster that has come up and is Ready. */
export function readyRun(spec: Partial<ClusterSpec> = {}): PlannerRun {
  const run = new PlannerRun(fakeMemory(spec), new FakeWorld("172.30.0.10"));
  run.untilReady();
  return run;
}

/** Slots that run and do not lead. */
export function followersOf({ world }: PlannerRun): number[] {
  return world.runningSlots().filter((slot) => slot !== world.leaderSlot);
}

export function changeSpec(run: PlannerRun, spec: Partial<ClusterSpec>): void {
  const { cluster } = run.memory;
  run.memory = { ...run.memory, cluster: { ...cluster, spec: { ...cluster.spec, ...spec } } };
}

/** Voters that were added by somebody else and never started. */
export function addForeign({ world }: PlannerRun, ...ids: readonly string[]): void {
  const foreign = ids.map((id) => {
    return { id, name: "", peerUrls: [`http://10.9.9.${id}:2380`], isLearner: false };
  });
  world.etcd.members = [...world.members, ...foreign];
}

/** `Type slot` for each action that has a slot, else `Type`. */
export function types(actions: readonly Action[]): string[] {
  return actions.flatMap((a) => {
    if (a.type === "LaunchTasks") return a.slots.map((slot) => `LaunchTask ${slot}`);
    return "slot" in a ? `${a.type} ${a.slot}` : a.type;
  });
}

/** What events of this reason say. */
export function told({ memory }: PlannerRun, reason: string): readonly string[] {
  return memory.events.filter((e) => e.reason === reason).map(({ message }) => message);
}
