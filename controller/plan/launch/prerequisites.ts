/** What must stand before a container is launched: the proxy's port, the network, its volumes. */
import { LABELS } from "../../model/ids.ts";
import { lastKnown, type Observed } from "../../model/observed.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { Draft } from "../plan-builder.ts";
import type { PlanInput } from "../input.ts";
import { dataVolumeName } from "./task-template.ts";
import type { ClusterView } from "../view/cluster-view.ts";

export function ensurePrerequisites(view: ClusterView, input: PlanInput, draft: Draft): void {
  const { spec } = view;
  const { network, proxy } = input.observed;
  if (!listensAsWanted(proxy, spec.proxy) && !view.empty) {
    draft.act({ type: "EnsureProxy", proxy: spec.proxy });
  }
  // Elsewhere the site makes networks and volumes known to its own engines.
  if (!input.observed.local) return;
  if (network.freshness === "fresh" && network.value.state === "absent") {
    draft.act({ type: "EnsureNetwork", network: spec.network });
  }
}

/**
 * Those of the slots that are launched now. Also of one whose data is known to be there: when
 * somebody has removed the volume, Docker makes another, and that one would lack our labels.
 */
export function ensureVolumes(
  slots: readonly number[],
  { spec, ref }: ClusterView,
  draft: Draft,
): void {
  if (slots.length === 0) return;
  const labels = { [LABELS.namespace]: ref.namespace, [LABELS.cluster]: ref.name };
  const { shared } = spec.storage;
  if (shared.type === "volume") {
    draft.act({ type: "EnsureVolume", name: shared.volumeName, labels });
  }
  if (spec.etcd.dataVolume !== "local") return;
  for (const slot of slots) {
    draft.act({
      type: "EnsureVolume",
      name: dataVolumeName(ref, slot),
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
