/**
 * Each decision of the planner, by the rules about what it could see; and how rare its moment was.
 */
import type { Action } from "../../../controller/model/action.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import { brokenByAction, brokenByMemory } from "../rules/rules.ts";
import { sightOf } from "../rules/sight.ts";
import type { Findings } from "./findings.ts";
import { rareStates } from "./sometimes.ts";

interface Reconcile {
  readonly memory: ClusterMemory;
  readonly observed: Observed;
  readonly actions: Action[];
  readonly first: boolean;
}

export class Decisions {
  /** Name of a rare state -> at how many reconciles it was. */
  readonly sometimes: Record<string, number> = {};
  /** Controller -> cluster -> its last reconcile. */
  private readonly reconciles = new WeakMap<object, Map<string, Reconcile>>();

  constructor(private readonly findings: Findings) {}

  /** A reconcile begins; what the one before came to shows in what is remembered now. */
  onObserved(controller: object, memory: ClusterMemory, observed: Observed): void {
    const reconciles = this.reconciles.get(controller) ?? new Map<string, Reconcile>();
    this.reconciles.set(controller, reconciles);
    const key = clusterKey(memory.cluster.metadata);
    const last = reconciles.get(key);
    if (last !== undefined) this.check(last, memory);
    reconciles.set(key, { memory, observed, actions: [], first: last === undefined });
  }

  onAction(controller: object, action: Action, { cluster }: ClusterMemory): void {
    const reconcile = this.reconciles.get(controller)?.get(clusterKey(cluster.metadata));
    if (reconcile === undefined) return;
    reconcile.actions.push(action);
    this.report(reconcile, brokenByAction(action, reconcile.memory, reconcile.observed));
  }

  private check(reconcile: Reconcile, after: ClusterMemory): void {
    const { memory: before, observed, actions, first } = reconcile;
    this.report(reconcile, brokenByMemory(before, after, observed));
    const sight = sightOf(before, observed);
    for (const name of rareStates({ before, after, observed, sight, actions, first })) {
      this.sometimes[name] = (this.sometimes[name] ?? 0) + 1;
    }
  }

  private report({ memory }: Reconcile, broken: ReturnType<typeof brokenByAction>): void {
    const { name } = memory.cluster.metadata;
    for (const { rule, what } of broken) this.findings.add(rule, `${name}: ${what}`);
  }
}
