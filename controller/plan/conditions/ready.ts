/** The summary of what users need: ready with all of it, and else for the first that is not. */
import type { PolicyResults } from "./policies.ts";
import { type ConditionContext, type ConditionResult, conditionPolicy } from "./policy.ts";

/**
 * In the order in which a person would look for the cause. No member is ready without SSH, storage,
 * the hosts table and, on the leader, Jupyter.
 */
export const NEEDED = [
  "StateStored",
  "FrameworkRegistered",
  "Quorate",
  "SpaceAvailable",
  "AllMembersReady",
  "ProxyReady",
] as const satisfies readonly (keyof PolicyResults)[];

type NeededResult = PolicyResults[(typeof NEEDED)[number]];

const own = conditionPolicy(
  {
    AllReady: "True",
    Suspended: "False",
    Deleting: "False",
    ScalingIn: "False",
    MembershipDiffers: "False",
  },
  ({ view, input }) => {
    if (view.desiredStopped) {
      const reason = input.memory.cluster.spec.suspend ? "Suspended" : "Deleting";
      return { reason, message: "The spec asks for no container." };
    }
    const extra = view.nodes.filter((n) => !n.desired).map((n) => n.slot);
    if (extra.length > 0) {
      return { reason: "ScalingIn", message: `Slots ${extra.join(", ")} are leaving.` };
    }
    const { length } = view.nodes;
    if (view.etcd.members?.length !== length) {
      const message = "etcd's members and the nodes are not the same yet.";
      return { reason: "MembershipDiffers", message };
    }
    return { reason: "AllReady", message: `${length} of ${length} nodes are ready.` };
  },
);

type OwnReason = keyof typeof own.reasons;
type ForeignReason = "ForeignVolume" | "ForeignNetwork";
export type ReadyResult = ConditionResult<OwnReason | ForeignReason | NeededResult["reason"]>;

export const ready = {
  reasons: own.reasons,
  evaluate(context: ConditionContext, results: PolicyResults): ReadyResult {
    const { view, launchBlockers } = context;
    const needed: readonly NeededResult[] = NEEDED.map((type) => results[type]);
    const lacking = view.desiredStopped
      ? undefined
      : needed.find(({ status }) => status !== "True");
    if (lacking === undefined) return own.evaluate(context);
    const { reason, message } = results.StorageReady;
    // Whose volumes it waits for is the cause of all else that is not so yet.
    if (reason === "ForeignVolume" || reason === "ForeignNetwork") {
      return { status: "False", reason, message };
    }
    const [blocker] = launchBlockers.values();
    return { status: "False", reason: lacking.reason, message: blocker ?? lacking.message };
  },
};
