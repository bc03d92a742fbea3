import { conditionPolicy } from "./policy.ts";

export const frameworkRegistered = conditionPolicy(
  { Subscribed: "True", Reconciling: "True", Disconnected: "False", NotSubscribed: "Unknown" },
  ({ input, view }) => {
    const { mesos } = input.observed;
    if (mesos.freshness === "unknown") return { reason: "NotSubscribed", message: mesos.reason };
    if (mesos.freshness === "stale") {
      const lost = "The connection to the Mesos master is lost; subscribing again.";
      const message = mesos.reason === undefined ? lost : `${lost} ${mesos.reason}`;
      return { reason: "Disconnected", message };
    }
    if (view.mesos === null) {
      const message = "Waiting until Mesos has answered for every remembered task.";
      return { reason: "Reconciling", message };
    }
    return { reason: "Subscribed", message: mesos.value.frameworkId };
  },
);
