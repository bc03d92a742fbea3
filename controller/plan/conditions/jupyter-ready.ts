import { conditionPolicy } from "./policy.ts";

export const jupyterReady = conditionPolicy(
  {
    Serving: "True",
    NoLeader: "False",
    WaitingForStorage: "False",
    Starting: "False",
    NotAnswering: "False",
  },
  ({ view }) => {
    const leader = view.nodes.find((n) => n.leads);
    if (leader === undefined) {
      return { reason: "NoLeader", message: "There is no leader to serve it." };
    }
    const { slot, agent } = leader;
    if (agent?.units.jupyter.ready) return { reason: "Serving", message: "" };
    // It is running from its first answer on.
    if (agent?.units.jupyter.state === "running") {
      const since = agent.units.jupyter.silent?.since;
      const sinceWhen = since === undefined ? "" : ` since ${since}`;
      return {
        reason: "NotAnswering",
        message: `JupyterLab on slot ${slot} has not answered${sinceWhen}.`,
      };
    }
    if (agent?.units.jupyter.state === "stopped" && agent.storage.fault != null) {
      const message = `JupyterLab on slot ${slot} waits for the shared storage: ${agent.storage.message}.`;
      return { reason: "WaitingForStorage", message };
    }
    return { reason: "Starting", message: `JupyterLab starts on slot ${slot}.` };
  },
);
