/** One more look at a Ready cluster of three, with facts as they may be. */
import type { AgentStatus, EtcdHealth } from "../../../controller/model/agent-api.ts";
import { fresh, lastKnown, type ObservedJob } from "../../../controller/model/observed.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import type { Plan, PlanInput } from "../../../controller/plan/input.ts";
import { plan } from "../../../controller/plan/plan.ts";
import { timestamp } from "../../../controller/plan/timestamp.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { fakeCluster } from "./fixtures.ts";
import { readyRun } from "./run.ts";

const { etcd: ETCD } = fakeCluster().spec;

interface Facts {
  readonly etcd?: Partial<ClusterSpec["etcd"]>;
  readonly snapshots?: readonly SnapshotInfo[];
  readonly jobs?: readonly ObservedJob[];
  /** What every member says, unless `slot` says otherwise. */
  readonly health?: Partial<EtcdHealth>;
  readonly agent?: (status: AgentStatus) => Partial<AgentStatus>;
  readonly laterMs?: number;
  readonly reconciles?: number;
}

/** A Ready cluster of three that is looked at once more, with these facts. */
export function decide(facts: Facts): Plan & { readonly now: number } {
  const run = readyRun({ etcd: { ...ETCD, quotaMiB: 100, ...facts.etcd } });
  const observed = run.world.observed();
  const agents = new Map(
    [...observed.agents].map(([id, source]) => {
      const status = lastKnown(source) as AgentStatus;
      const etcd = status.etcd && { ...status.etcd, ...facts.health };
      const changed = { ...status, etcd };
      return [id, fresh({ ...changed, ...facts.agent?.(changed) })] as const;
    }),
  );
  const input = {
    observed: {
      ...observed,
      agents,
      snapshots: fresh(facts.snapshots ?? []),
      jobs: facts.jobs ?? [],
    },
    defaultImage: "image",
  };
  const first: PlanInput = { ...input, memory: run.memory, now: run.now };
  let decided = plan(first);
  let { now } = first;
  for (let reconcile = 1; reconcile < (facts.reconciles ?? 1); reconcile++) {
    now += facts.laterMs ?? 0;
    decided = plan({ ...input, memory: decided.memory, now });
  }
  return { ...decided, now };
}

export const T = 1_800_000_000_000;

export function snapshot(at: number, over: Partial<SnapshotInfo> = {}): SnapshotInfo {
  return {
    id: `${at}`,
    takenAt: timestamp(at),
    revision: 5,
    keys: 2,
    sizeBytes: 20_480,
    sha256: "00",
    clusterId: "c1",
    ...over,
  };
}

export function conditionOf(decided: Plan, type: string) {
  return decided.status.conditions.find((c) => c.type === type);
}

export function slotOf(decided: Plan, type: string): number | null {
  const action = decided.actions.find((a) => a.type === type);
  return action !== undefined && "slot" in action ? action.slot : null;
}
