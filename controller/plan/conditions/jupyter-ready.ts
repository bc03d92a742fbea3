import { conditionPolicy } from "./policy.ts";

export const jupyterReady = conditionPolicy(
  { Serving: "True", NoLeader: "False", Starting: "False" },
  ({ view }) => {
    const leader = view.nodes.find((n) => n.leads);
    if (leader === undefined) {
      return { reason: "NoLeader", message: "There is no leader to serve it." };
    }
    if (!leader.agent?.units.jupyter.ready) {
      return { reason: "Starting", message: `JupyterLab starts on slot ${leader.slot}.` };
    }
    return { reason: "Serving", message: "" };
  },
);
