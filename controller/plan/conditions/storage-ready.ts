import { nodeMount } from "../../../crd-schema/storage/table.ts";
import { describeForeign } from "../../model/holdings.ts";
import { STORAGE_FAULTS, type StorageFault } from "../../model/shared-storage.ts";
import { foreignHoldings } from "../launch/prerequisites.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { everyNodePolicy } from "./every-node.ts";
import { conditionPolicy } from "./policy.ts";

const onEveryNode = everyNodePolicy(({ storage }) => (storage.ready ? null : storage.message));

/** What agents find is a reason of its own where all that lack the storage agree on it. */
const FAULTS: Readonly<Record<StorageFault, "False">> = {
  NotMounted: "False",
  MountDead: "False",
  MountNotAnswering: "False",
  ServersUnreachable: "False",
  VolumeNotFound: "False",
  MountNotAllowed: "False",
  MountNotSupported: "False",
  NotWritable: "False",
};

export const storageReady = conditionPolicy(
  { ...onEveryNode.reasons, ...FAULTS, ForeignVolume: "False", ForeignNetwork: "False" },
  (context) => {
    const { view, input } = context;
    const { observed, memory } = input;
    const [first, ...more] = foreignHoldings({ view, observed }, memory);
    if (first !== undefined) {
      const reason = first.kind === "network" ? "ForeignNetwork" : "ForeignVolume";
      return { reason, message: describeForeign([first, ...more], view.ref) };
    }
    const refused = refusedLaunches(view);
    if (refused.length > 0) return { reason: "MountNotAllowed", message: refused.join("; ") };
    const result = onEveryNode.evaluate(context);
    if (result.reason !== "NotOnEveryNode") return result;
    return { ...result, reason: commonFault(view) ?? result.reason };
  },
);

/** Null: they differ, or it is one that this release does not know. */
function commonFault({ nodes }: ClusterView): StorageFault | null {
  const found = nodes.flatMap(({ desired, agent }) =>
    desired && agent !== null && !agent.storage.ready ? [agent.storage.fault ?? null] : [],
  );
  const fault = STORAGE_FAULTS.find((known) => known === found[0]);
  return fault !== undefined && found.every((other) => other === fault) ? fault : null;
}

/** What a container needs for a mount, as Docker or Mesos name it when they do not give it. */
const NEEDED = /\/dev\/fuse|SYS_ADMIN|apparmor/i;

/** A container that may not have what its mount needs is not even started. */
function refusedLaunches({ nodes, spec }: ClusterView): readonly string[] {
  if (nodeMount(spec.storage.shared) === null) return [];
  return nodes.flatMap(({ slot, desired, agent, memory }) => {
    const { lastFailure } = memory;
    const refused = desired && agent === null && lastFailure !== null && NEEDED.test(lastFailure);
    return refused ? [`slot ${slot}: ${lastFailure}`] : [];
  });
}
