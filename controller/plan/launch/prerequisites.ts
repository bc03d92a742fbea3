/** What must stand before a container is launched: the proxy's port, the network, its volumes. */
import { storageVolumes } from "../../../crd-schema/storage/table.ts";
import { LABELS } from "../../model/ids.ts";
import { lastKnown, type Observed } from "../../model/observed.ts";
import { type ProxySettings, proxySettings } from "../../model/proxy-settings.ts";
import { sameData } from "../../model/same-data.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import { dataVolumeName } from "./task-template.ts";

export function ensureProxy({ view, observed }: PlanContext, plan: PlanBuilder): void {
  const proxy = proxySettings(view.spec);
  if (!listensAsDesired(observed.proxy, proxy)) plan.addAction({ type: "EnsureProxy", proxy });
}

/** Elsewhere the site makes networks and volumes known to its own engines. */
export function ensureNetwork({ view, observed }: PlanContext, plan: PlanBuilder): void {
  const { network, local } = observed;
  if (!local || network.freshness !== "fresh" || network.value.state !== "absent") return;
  plan.addAction({ type: "EnsureNetwork", network: view.spec.network });
}

/**
 * Those of the slots that are launched now. Also of one whose data is known to be there: when
 * somebody has removed the volume, Docker makes another, and that one would lack our labels.
 */
export function ensureVolumes(
  slots: readonly number[],
  { spec, ref }: ClusterView,
  plan: PlanBuilder,
): void {
  if (slots.length === 0) return;
  const labels = { [LABELS.namespace]: ref.namespace, [LABELS.cluster]: ref.name };
  for (const name of storageVolumes(spec.storage.shared)) {
    plan.addAction({ type: "EnsureVolume", name, labels });
  }
  if (spec.etcd.dataVolume !== "local") return;
  for (const slot of slots) {
    plan.addAction({
      type: "EnsureVolume",
      name: dataVolumeName(ref, slot),
      labels: { ...labels, [LABELS.slot]: String(slot) },
    });
  }
}

export function listensAsDesired(
  proxy: Observed["proxy"],
  desired: ProxySettings,
): proxy is NonNullable<Observed["proxy"]> {
  if (!proxy?.listening || proxy.holdSeconds !== desired.holdSeconds) return false;
  if (!sameData(proxy.hostNames, desired.hostNames)) return false;
  return proxy.address === desired.address && proxy.port === desired.port;
}

/** Why nothing can be launched at all; null: it can. */
export function launchObstacle({ view, observed }: PlanContext): string | null {
  if (view.mesos === null) return "Mesos has not answered for every remembered task yet";
  const network = lastKnown(observed.network);
  if (network?.state === "conflict") return network.message;
  if (network === undefined) return "the container network cannot be observed";
  const image = lastKnown(observed.image);
  if (image === undefined) return "the image cannot be observed";
  if (image.state === "absent") return `image ${image.reference} is not on this machine`;
  return null;
}
