import { conditionPolicy } from "./policy.ts";

export const suspended = conditionPolicy(
  { Suspended: "True", NotSuspended: "False", Suspending: "False" },
  ({ input, view }) => {
    if (!input.memory.cluster.spec.suspend) return { reason: "NotSuspended", message: "" };
    const running = view.nodes.filter((n) => n.task !== null).length;
    if (running > 0) {
      const message = `${running} containers are still being stopped.`;
      return { reason: "Suspending", message };
    }
    return { reason: "Suspended", message: "No container runs." };
  },
);
