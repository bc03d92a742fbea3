/**
 * etcd's own authentication shuts the nodes' agents out: their certificates are no user's. The
 * controller's is root's (docs/decisions/0011), so that it can switch it off again.
 */
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";

export function disableAuth({ observed, view }: PlanContext, plan: PlanBuilder): void {
  if (!isAuthEnabled(observed) || !view.spec.etcd.tls) return;
  plan.addAction({ type: "DisableAuth" });
  const message =
    "etcd's authentication was switched on, which shuts the nodes out; it is switched off";
  plan.addOrderEvent("Warning", "AuthDisabled", message);
}

export function isAuthEnabled({ keys }: PlanContext["observed"]): boolean {
  return keys.freshness === "fresh" && keys.value.authEnabled;
}
