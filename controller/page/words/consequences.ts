/** What an action would do, said before it is done. Pure. */
import type { ClusterStatus, NodeStatus } from "../../model/resource.ts";
import { nodeTitle } from "./topology.ts";

/**
 * Of ending a node's container now.
 *
 * @returns a sentence each, the gravest first
 */
export function killConsequences(status: ClusterStatus, node: NodeStatus): readonly string[] {
  const voters = status.nodes.filter(({ etcd }) => etcd !== null && !etcd.isLearner);
  const others = voters.filter(({ slot, ready }) => ready && slot !== node.slot);
  const needed = Math.floor(voters.length / 2) + 1;
  const isVoter = voters.some(({ slot }) => slot === node.slot);
  const quorum = !isVoter || others.length >= needed;
  const title = nodeTitle(node);
  return [
    ...(quorum
      ? []
      : [
          `The quorum is lost until it is back: ${others.length} of ${voters.length} members are left, ` +
            `${needed} are needed. Nothing can be written to etcd meanwhile.`,
        ]),
    ...(node.leader
      ? [
          quorum
            ? `Another node is elected and becomes ${title}; requests to Jupyter wait for it.`
            : "No other can be elected; requests to Jupyter wait.",
          "Kernels in its container end. Files and open pages stay.",
        ]
      : [`It is no leader: Jupyter goes on, and nobody else is renamed.`]),
    `Slot ${node.slot} is launched again at ${node.ip} on the data it has now.`,
  ];
}
