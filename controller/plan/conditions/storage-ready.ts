import { describeForeign } from "../../model/holdings.ts";
import { foreignHoldings } from "../launch/prerequisites.ts";
import { everyNodePolicy } from "./every-node.ts";
import { conditionPolicy } from "./policy.ts";

const onEveryNode = everyNodePolicy(({ storage }) => (storage.ready ? null : storage.message));

export const storageReady = conditionPolicy(
  { ...onEveryNode.reasons, ForeignVolume: "False", ForeignNetwork: "False" },
  (context) => {
    const { view, input } = context;
    const { observed, memory } = input;
    const [first, ...more] = foreignHoldings({ view, observed }, memory);
    if (first === undefined) return onEveryNode.evaluate(context);
    const reason = first.kind === "network" ? "ForeignNetwork" : "ForeignVolume";
    return { reason, message: describeForeign([first, ...more], view.ref) };
  },
);
