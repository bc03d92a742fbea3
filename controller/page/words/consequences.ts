/** What an action would do, said before it is done. Pure. */
import type { ClusterStatus, NodeStatus } from "../../model/resource.ts";
import { endedKernelsText } from "../../cli/render/ended-kernels.ts";
import { livingKernels } from "../../model/kernels.ts";
import type { Preview } from "../../model/preview.ts";
import { nodeTitle } from "./topology.ts";

/** Of a change of the spec, field by field; then what it costs. */
export function previewConsequences({ changes, kernels }: Preview): readonly string[] {
  const ends = endedKernelsText(kernels);
  const effects = changes.map(({ field, effect }) => `${field}: ${effect}.`);
  return ends === null ? effects : [...effects, `It ${ends}.`];
}

function kernelsEnd(kernels: ClusterStatus["kernels"], { slot }: NodeStatus): readonly string[] {
  const ends = endedKernelsText(livingKernels(kernels ?? []).filter((k) => k.slot === slot));
  return ends === null ? [] : [`It ${ends}.`];
}

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
          ...(status.kernels == null ? ["Kernels in its container end."] : []),
          "Files and open pages stay.",
        ]
      : [`It is no leader: Jupyter goes on, and nobody else is renamed.`]),
    ...kernelsEnd(status.kernels, node),
    comesBack(status, node, quorum && isVoter),
  ];
}

function comesBack({ nodes }: ClusterStatus, node: NodeStatus, isSpared: boolean): string {
  const again = `Slot ${node.slot} is launched again at ${node.ip}`;
  const spare = nodes.find(({ phase }) => phase === "Standby");
  if (spare === undefined || !isSpared) return `${again} on the data it has now.`;
  return `Slot ${spare.slot}, which stands by, votes in its place and takes its name. ${again} and stands by.`;
}
