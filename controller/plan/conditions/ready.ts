/** The summary of what users need: ready with all of it, and else for the first that is not. */
import type { PolicyResults } from "./policies.ts";
import { sentence, slotsDo } from "../../model/slots-text.ts";
import { isAwaitingKernels } from "../kernels/await-kernels.ts";
import { isAuthEnabled } from "../membership/disable-auth.ts";
import { describeMember, foreignMembers } from "../view/foreign-members.ts";
import type { NodeView } from "../view/node-view.ts";
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
    LaunchBlocked: "False",
    Suspended: "False",
    Deleting: "False",
    ScalingIn: "False",
    AuthEnabled: "False",
    ForeignMembers: "False",
  },
  (context) => {
    const { view, input } = context;
    if (view.desiredStopped) {
      const reason = input.memory.cluster.spec.suspend ? "Suspended" : "Deleting";
      return { reason, message: "The spec asks for no container." };
    }
    const isLeaving = (n: NodeView) => !n.desired && !isAwaitingKernels(n, view, context);
    const extra = view.nodes.filter(isLeaving).map((n) => n.slot);
    if (extra.length > 0) {
      const message = sentence(slotsDo(extra, "is leaving.", "are leaving."));
      return { reason: "ScalingIn", message };
    }
    const meddled = otherHands(context);
    if (meddled !== null) return meddled;
    const { length } = view.nodes.filter((n) => n.desired && !n.spare);
    return { reason: "AllReady", message: `${length} of ${length} nodes are ready.` };
  },
);

/** What somebody else has done to etcd. */
function otherHands({ view, input }: ConditionContext) {
  if (isAuthEnabled(input.observed)) {
    const remedy = view.spec.etcd.tls
      ? "It is switched off again."
      : "Switch it off: `etcdctl --user root auth disable`.";
    const message = `etcd's authentication was switched on, which shuts the nodes out. ${remedy}`;
    return { reason: "AuthEnabled", message } as const;
  }
  const foreign = foreignMembers(view);
  if (foreign.length === 0) return null;
  const message =
    `etcd has members that are none of this cluster's: ${foreign.map(describeMember).join("; ")}. ` +
    "They are removed one at a time, while the nodes are a quorum without them.";
  return { reason: "ForeignMembers", message } as const;
}

/** Whatever else lacks may come of what others did to etcd, but for these. */
const BEFORE_OTHER_HANDS = ["StateStored", "FrameworkRegistered", "Quorate"] as const;

type OwnReason = keyof typeof own.reasons;
type ForeignReason = "ForeignVolume" | "ForeignNetwork";
export type ReadyResult = ConditionResult<OwnReason | ForeignReason | NeededResult["reason"]>;

export const ready = {
  reasons: own.reasons,
  evaluate(context: ConditionContext, results: PolicyResults): ReadyResult {
    const { view, launchBlock, launchBlockers } = context;
    const needed: readonly NeededResult[] = NEEDED.map((type) => results[type]);
    const lacking = view.desiredStopped
      ? undefined
      : needed.find(({ status }) => status !== "True");
    const stands = BEFORE_OTHER_HANDS.every((type) => results[type].status === "True");
    const isTheCause = stands && !view.desiredStopped && otherHands(context) !== null;
    if (lacking === undefined || isTheCause) return own.evaluate(context);
    const { reason, message } = results.StorageReady;
    // Whose volumes it waits for is the cause of all else that is not so yet.
    if (reason === "ForeignVolume" || reason === "ForeignNetwork") {
      return { status: "False", reason, message };
    }
    const [blocker] = launchBlockers.values();
    if (blocker !== undefined && launchBlock?.told === true) {
      return { status: "False", reason: "LaunchBlocked", message: blocker };
    }
    return { status: "False", reason: lacking.reason, message: blocker ?? lacking.message };
  },
};
