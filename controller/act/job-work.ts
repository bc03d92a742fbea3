/** What the jobs do. Each ends when its signal is aborted, with the signal's reason. */
import type Docker from "dockerode";
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import { agentTarget, type ConnectAgent } from "../agents/connection.ts";
import { defragment } from "../agents/defragment.ts";
import { endOrphan } from "../agents/end-orphan.ts";
import { fetchSnapshot, sendSnapshot } from "../agents/snapshots.ts";
import { releaseAddress } from "../docker/release-address.ts";
import type { JobAction } from "../model/action.ts";
import { assertNever } from "../model/errors.ts";
import { isLaunchOf } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Clock, ClusterSnapshots } from "../model/ports.ts";
import type { SnapshotInfo } from "../model/snapshot.ts";

export interface SnapshotTargets {
  of(cluster: CompiledCluster): ClusterSnapshots;
  /** Resolves when the next look at the cluster sees its snapshots as they are now. */
  refresh(cluster: CompiledCluster): Promise<void>;
}

export interface JobCircumstances {
  readonly targets: SnapshotTargets;
  readonly connectAgent: ConnectAgent;
  /** Null when the containers run on other machines' engines. */
  readonly docker: Docker | null;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** @returns the snapshot that was saved, if that was the job */
export async function doJob(
  action: JobAction,
  memory: ClusterMemory,
  { targets, connectAgent, docker, clock, signal }: JobCircumstances,
): Promise<SnapshotInfo | null> {
  const { cluster } = memory;
  const address = { ...agentTarget(action.ip, memory), connect: connectAgent };
  const snapshots = targets.of(cluster);
  switch (action.type) {
    case "SaveSnapshot": {
      // Whatever was written before this moment is in it.
      const takenAt = clock.now();
      const saved = await fetchSnapshot(address, signal, (facts, content) =>
        snapshots.save(takenAt, facts, content),
      );
      await targets.refresh(cluster);
      return saved;
    }
    case "SendSnapshot":
      try {
        const content = await snapshots.openVerified(action.snapshot);
        await sendSnapshot(address, signal, action.snapshot, content);
      } finally {
        // One that is damaged is not listed any more.
        await targets.refresh(cluster);
      }
      return null;
    case "Defragment":
      await defragment(address, signal);
      return null;
    case "EndOrphan": {
      const isOver = (taskId: string) => isLaunchOf(taskId, cluster.metadata, memory.uid, action);
      const { task = null } = memory.slots.find(({ slot }) => slot === action.slot) ?? {};
      await endOrphan({ address, isOver, present: task?.taskId ?? null, clock, signal });
      return null;
    }
    case "ReleaseAddress": {
      if (docker === null)
        throw new Error("addresses of other machines' engines are released there");
      await releaseAddress(docker, action.network, action.ip);
      return null;
    }
    default:
      return assertNever(action);
  }
}
