/** Labels tell what is ours. Nothing without them is ever changed or removed. */
import { type ClusterRef, LABELS } from "../model/ids.ts";

export type Labels = Readonly<Record<string, string>>;

export function clusterLabels(ref: ClusterRef): Labels {
  return { [LABELS.namespace]: ref.namespace, [LABELS.cluster]: ref.name };
}

/** The engine's filter for objects that carry all these labels. */
export function labelFilter(labels: Labels): { label: string[] } {
  return { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
}

export function carriesAll(labels: Labels | null | undefined, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels?.[key] === value);
}
