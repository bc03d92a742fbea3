/** What must stand before the first container: the proxy's port, the network, the volumes. */
import { LABELS } from "../../model/ids.ts";
import { lastKnown, type Observed } from "../../model/observed.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { Draft } from "../draft.ts";
import type { PlanInput } from "../input.ts";
import { dataVolumeName } from "../task-template.ts";
import type { ClusterView } from "../view.ts";

export function ensurePrerequisites(view: ClusterView, input: PlanInput, draft: Draft): void {
  const { spec, ref } = view;
  const { network, proxy } = input.observed;
  if (!listensAsWanted(proxy, spec.proxy) && !view.empty) {
    draft.act({ type: "EnsureProxy", proxy: spec.proxy });
  }
  // Elsewhere the site makes networks and volumes known to its own engines.
  if (!input.observed.local) return;
  if (network.freshness === "fresh" && network.value.state === "absent") {
    draft.act({ type: "EnsureNetwork", network: spec.network });
  }
  const labels = { [LABELS.namespace]: ref.namespace, [LABELS.cluster]: ref.name };
  const fresh = draft.slots.filter(
    (s) => s.slot < spec.replicas && s.task === null && s.memberId === null,
  );
  if (fresh.length === 0 || view.empty) return;
  const shared = spec.storage.shared;
  if (shared.type === "volume") {
    draft.act({ type: "EnsureVolume", name: shared.volumeName, labels });
  }
  if (spec.etcd.dataVolume !== "local") return;
  for (const { slot } of fresh) {
    const name = dataVolumeName(ref, slot);
    draft.act({
      type: "EnsureVolume",
      name,
      labels: { ...labels, [LABELS.slot]: String(slot) },
    });
  }
}

export function listensAsWanted(
  proxy: Observed["proxy"],
  wanted: ClusterSpec["proxy"],
): proxy is NonNullable<Observed["proxy"]> {
  if (!proxy?.listening || proxy.holdSeconds !== wanted.holdSeconds) return false;
  return proxy.address === wanted.address && proxy.port === wanted.port;
}

/** Why nothing can be launched at all; null: it can. */
export function launchObstacle(view: ClusterView, input: PlanInput): string | null {
  if (view.mesos === null) return "Mesos has not answered for every remembered task yet";
  const network = lastKnown(input.observed.network);
  if (network?.state === "conflict") return network.message;
  if (network === undefined) return "the container network cannot be observed";
  const image = lastKnown(input.observed.image);
  if (image === undefined) return "the image cannot be observed";
  if (image.state === "absent") return `image ${image.reference} is not on this machine`;
  return null;
}
