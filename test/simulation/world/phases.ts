/** What a cluster is at, as its controller sees it: faults are counted by it. */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";

export const PHASES = [
  "creating",
  "ready",
  "repairing",
  "scaling",
  "updating",
  "recovering",
  "restoring",
  "suspended",
] as const;

export type Phase = (typeof PHASES)[number];

export function phaseOf(memory: ClusterMemory | undefined): Phase {
  if (memory === undefined) return "creating";
  const { recovery, conditions, firstReadyAt, slots, cluster } = memory;
  const is = (type: string, status = "True") =>
    conditions.some((c) => c.type === type && c.status === status);
  if (cluster.spec.suspend || memory.fileRemoved) return "suspended";
  if (recovery.requested !== null || recovery.inProgress?.from === "snapshot") return "restoring";
  if (recovery.inProgress !== null || recovery.lostSince !== null) return "recovering";
  if (firstReadyAt === null) return "creating";
  const wanted = slotCount(cluster.spec);
  const leaving = slots.some((s) => s.slot >= wanted && (s.task !== null || s.memberId !== null));
  const coming = slots.some((s) => s.slot < wanted && s.launches <= 1 && s.task?.readyAt == null);
  if (leaving || coming) return "scaling";
  if (is("AllMembersUpdated", "False")) return "updating";
  return is("Ready") ? "ready" : "repairing";
}
