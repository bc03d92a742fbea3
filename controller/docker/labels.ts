/** Labels tell what is ours. Nothing without them is ever changed or removed. */
import type { HoldingOwner } from "../model/holdings.ts";
import { type ClusterRef, LABELS } from "../model/ids.ts";

export type Labels = Readonly<Record<string, string>>;

export function clusterLabels(ref: ClusterRef): Labels {
  return { [LABELS.namespace]: ref.namespace, [LABELS.cluster]: ref.name };
}

/** Of what the cluster makes and finds again: with its uid, that of another person's has another. */
export function ownLabels({ metadata, uid }: { metadata: ClusterRef; uid: string }): Labels {
  return { ...clusterLabels(metadata), [LABELS.uid]: uid };
}

/** Null: no cluster's. Others write labels too, and people read this: it is plain text. */
export function ownerOf(labels: Labels | null | undefined): HoldingOwner | null {
  const plain = (key: string) => labels?.[key]?.replace(/\p{C}/gu, "?").slice(0, 300) ?? null;
  const [namespace, name] = [plain(LABELS.namespace), plain(LABELS.cluster)];
  if (namespace === null || name === null) return null;
  return { namespace, name, uid: plain(LABELS.uid), createdBy: plain(LABELS.createdBy) };
}

/** The engine's filter for objects that carry all these labels. */
export function labelFilter(labels: Labels): { label: string[] } {
  return { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
}

export function carriesAll(labels: Labels | null | undefined, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels?.[key] === value);
}
