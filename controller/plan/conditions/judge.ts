/** Every condition is set on every visit, `Unknown` included; each by one policy. */
import type { Condition, Verdict } from "../../model/resource.ts";
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";
import { timestamp } from "../timestamp.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { judgeEtcd } from "./etcd.ts";
import { judgeInputs } from "./inputs.ts";
import { judgeServices } from "./services.ts";
import { judgeSummary } from "./summary.ts";
import { judgeUpkeep } from "./upkeep.ts";

export interface Case {
  readonly view: ClusterView;
  readonly input: PlanInput;
  readonly draft: Draft;
}

export function judge(view: ClusterView, input: PlanInput, draft: Draft): readonly Condition[] {
  const facts: Case = { view, input, draft };
  const parts = [judgeInputs, judgeEtcd, judgeUpkeep, judgeServices].flatMap((j) => j(facts));
  return mergeConditions(input, [...judgeSummary(facts, parts), ...parts]);
}

/** A transition is a change of status only; reason and message may follow without one. */
function mergeConditions(input: PlanInput, verdicts: readonly Verdict[]): readonly Condition[] {
  const before = new Map(input.memory.conditions.map((c) => [c.type, c]));
  return verdicts.map((verdict) => {
    const old = before.get(verdict.type);
    const unchanged = old?.status === verdict.status;
    return {
      ...verdict,
      lastTransitionTime: unchanged ? old.lastTransitionTime : timestamp(input.now),
      observedGeneration: input.memory.generation,
    };
  });
}
