import { proxySettings } from "../../model/proxy-settings.ts";
import { listensAsDesired } from "../launch/prerequisites.ts";
import { conditionPolicy } from "./policy.ts";

export const proxyReady = conditionPolicy(
  { Serving: "True", NotListening: "False", NoTarget: "False", NotStarted: "Unknown" },
  ({ view, input }) => {
    const { proxy } = input.observed;
    if (proxy === null) return { reason: "NotStarted", message: "The proxy is not started." };
    const { error } = proxy;
    if (!listensAsDesired(proxy, proxySettings(view.spec))) {
      return { reason: "NotListening", message: error ?? "The proxy does not listen." };
    }
    const leader = view.nodes.find((n) => n.leads);
    if (proxy.target === null || proxy.target.ip !== leader?.ip) {
      const message = "Requests are held until a leader serves Jupyter.";
      return { reason: "NoTarget", message };
    }
    return { reason: "Serving", message: "" };
  },
);
