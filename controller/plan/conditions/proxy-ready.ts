import { proxySettings } from "../../model/proxy-settings.ts";
import { listensAsDesired } from "../launch/prerequisites.ts";
import { conditionPolicy } from "./policy.ts";

export const proxyReady = conditionPolicy(
  {
    Serving: "True",
    NotListening: "False",
    NoTarget: "False",
    FormerLeader: "False",
    NotStarted: "Unknown",
  },
  ({ view, input }) => {
    const { proxy } = input.observed;
    if (proxy === null) return { reason: "NotStarted", message: "The proxy is not started." };
    const { error } = proxy;
    if (!listensAsDesired(proxy, proxySettings(view.spec))) {
      return { reason: "NotListening", message: error ?? "The proxy does not listen." };
    }
    const { target, holdSeconds } = proxy;
    if (target === null) {
      const message = `No leader serves Jupyter. Each request is held for up to ${holdSeconds} s, then answered with 503.`;
      return { reason: "NoTarget", message };
    }
    const leader = view.nodes.find((n) => n.leads);
    if (target.ip !== leader?.ip) {
      const leads = leader === undefined ? "nobody is known to lead" : `slot ${leader.slot} leads`;
      const message = `Requests go to ${target.ip} still, which led in term ${target.term}; now ${leads}.`;
      return { reason: "FormerLeader", message };
    }
    return { reason: "Serving", message: "" };
  },
);
