/** What must stand before a container is launched: the proxy's port, the network, its volumes. */
import { storageVolumes } from "../../../crd-schema/storage/table.ts";
import { describeForeign, foreignAmong, type Holding } from "../../model/holdings.ts";
import { dataVolumeName, LABELS } from "../../model/ids.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import { lastKnown, type Observed } from "../../model/observed.ts";
import { type ProxySettings, proxySettings } from "../../model/proxy-settings.ts";
import { sameData } from "../../model/same-data.ts";
import type { PlanBuilder } from "../plan-builder.ts";
import type { PlanContext } from "../step.ts";
import type { ClusterView } from "../view/cluster-view.ts";

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
  const labels = {
    [LABELS.namespace]: ref.namespace,
    [LABELS.cluster]: ref.name,
    [LABELS.uid]: plan.memory.uid,
  };
  for (const name of storageVolumes(spec.storage.shared)) {
    plan.addAction({ type: "EnsureVolume", name, dataOf: null, labels });
  }
  if (spec.etcd.dataVolume !== "local") return;
  for (const slot of slots) {
    plan.addAction({
      type: "EnsureVolume",
      name: dataVolumeName(ref, slot),
      dataOf: slot,
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

/**
 * What of that which the cluster would use belongs to somebody else. Volumes of slots that nobody
 * wants are nobody's concern.
 */
export function foreignHoldings(
  { view, observed }: PlanContext,
  memory: ClusterMemory,
): readonly Holding[] {
  const holdings = observed.local ? (lastKnown(observed.holdings) ?? []) : [];
  const wanted = holdings.filter(
    (h) => h.kind !== "data" || (isLocalData(view) && view.nodes.some((n) => n.slot === h.slot)),
  );
  return foreignAmong(wanted, memory);
}

function isLocalData({ spec }: ClusterView): boolean {
  return spec.etcd.dataVolume === "local";
}

/** Why nothing can be launched in this slot; null: it can. */
export function slotObstacle(
  slot: number,
  foreign: readonly Holding[],
  { ref }: ClusterView,
): string | null {
  const [data] = foreign.filter((h) => h.kind === "data" && h.slot === slot);
  return data === undefined ? null : describeForeign([data], ref);
}

/**
 * Why nothing can be launched at all; null: it can. A cluster that is formed goes on where it has
 * its own; one that is not would be formed beside, or out of, what is another's.
 */
export function launchObstacle(
  { view, observed }: PlanContext,
  foreign: readonly Holding[],
): string | null {
  if (view.mesos === null) return "Mesos has not answered for every remembered task yet";
  if (observed.local && lastKnown(observed.holdings) === undefined) {
    return "the volumes cannot be observed";
  }
  const [first, ...more] = foreign.filter((h) => h.kind !== "data" || view.clusterId === null);
  if (first !== undefined) return describeForeign([first, ...more], view.ref);
  const network = lastKnown(observed.network);
  if (network?.state === "conflict") return network.message;
  if (network === undefined) return "the container network cannot be observed";
  const image = lastKnown(observed.image);
  if (image === undefined) return "the image cannot be observed";
  if (image.state === "present") return null;
  const remedy =
    view.spec.image === null
      ? "start the controller again, which builds it"
      : "`docker pull` or build it, or correct spec.image";
  return `image ${image.reference} is not on this machine: ${remedy}`;
}
