/** Agents of other releases with which this controller, or this spec, is more than they know. */
import { agentApiNeededBy } from "../../model/agent-api.ts";
import { RELEASE, unsupportedText } from "../../model/release.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";

/** Why, and what to do; null: it is not so, or its agent has not been heard. */
export function unsupportedAgent(
  { agentVersion, unsupported }: Pick<NodeView, "agentVersion" | "unsupported">,
  { spec }: Pick<ClusterView, "spec">,
): string | null {
  if (agentVersion === null) return null;
  if (unsupported) return unsupportedText(agentVersion);
  if (Math.max(...agentVersion.apiVersions) >= agentApiNeededBy(spec)) return null;
  const { storage, kernels } = spec;
  const asked =
    kernels.placement === "server"
      ? `storage.shared.type ${storage.shared.type}`
      : `kernels.placement ${kernels.placement}`;
  return (
    `agent of release ${agentVersion.release} does not know what the spec asks of it ` +
    `(${asked}): give spec.image an image of release ${RELEASE}, or leave it out`
  );
}
