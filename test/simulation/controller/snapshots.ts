/** Snapshots on the controller's host, and the jobs that take and hand them over. */
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import type { JobAction } from "../../../controller/model/action.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { type ClusterKey, clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import type { Rng } from "../engine/rng.ts";
import type { EtcdSnapshot } from "../etcd/types.ts";
import type { SnapshotAnswer } from "../node/wire-server.ts";
import type { Station } from "../wire/station.ts";

const ANSWER_MS_MAX = 10_000;
/** A large one takes its time. */
const TRANSFER_MS = { min: 50, max: 3_000 };

/** On the disk: it outlives the controller. */
export class SnapshotShelf {
  private readonly kept = new Map<ClusterKey, { info: SnapshotInfo; content: EtcdSnapshot }[]>();
  unreadable = false;

  known(key: ClusterKey): readonly SnapshotInfo[] {
    return (this.kept.get(key) ?? []).map((k) => k.info);
  }

  list({ metadata }: CompiledCluster): Promise<readonly SnapshotInfo[]> {
    if (this.unreadable) {
      const message = "The snapshot directory cannot be read.";
      return Promise.reject(
        new OperationError(ERROR_CODES.SNAPSHOT_FAILED, "ListSnapshots", message),
      );
    }
    return Promise.resolve(this.known(clusterKey(metadata)));
  }

  save(
    key: ClusterKey,
    takenAtMs: number,
    { content, clusterId, sha256 }: SnapshotAnswer,
  ): SnapshotInfo {
    const takenAt = new Date(takenAtMs).toISOString();
    const { revision, kvs } = content;
    const stamp = takenAt.replace(/[-:.]/g, "");
    const id = `${stamp}-r${revision}`;
    const info = { id, takenAt, revision, keys: kvs.length, sizeBytes: 1, sha256, clusterId };
    const all = [...(this.kept.get(key) ?? []), { info, content }];
    all.sort((a, b) => (a.info.id < b.info.id ? -1 : 1));
    this.kept.set(key, all);
    return info;
  }

  content(key: ClusterKey, { sha256 }: SnapshotInfo): EtcdSnapshot | undefined {
    return this.kept.get(key)?.find((k) => k.info.sha256 === sha256)?.content;
  }

  remove({ metadata }: CompiledCluster, snapshots: readonly SnapshotInfo[]): void {
    const key = clusterKey(metadata);
    const gone = new Set(snapshots.map((s) => s.id));
    this.kept.set(
      key,
      (this.kept.get(key) ?? []).filter((k) => !gone.has(k.info.id)),
    );
  }
}

export interface JobWorkOptions {
  readonly station: Station;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly shelf: SnapshotShelf;
  readonly resolve: (ip: string) => string | undefined;
  readonly refresh: (cluster: CompiledCluster) => Promise<void>;
}

export async function doSimulatedJob(
  action: JobAction,
  { cluster }: ClusterMemory,
  options: JobWorkOptions,
): Promise<SnapshotInfo | null> {
  const { clock, shelf, rng, refresh } = options;
  const key = clusterKey(cluster.metadata);
  switch (action.type) {
    case "SaveSnapshot": {
      const takenAt = clock.now();
      const answer = (await ask(options, action, "snapshot", null)) as SnapshotAnswer | null;
      if (answer === null) throw failed(action, "EtcdNotServing");
      await pause(clock, rng.integer(TRANSFER_MS.min, TRANSFER_MS.max));
      const saved = shelf.save(key, takenAt, answer);
      await refresh(cluster);
      return saved;
    }
    case "SendSnapshot": {
      const content = shelf.content(key, action.snapshot);
      if (content === undefined) throw failed(action, "the snapshot is gone");
      await pause(clock, rng.integer(TRANSFER_MS.min, TRANSFER_MS.max));
      await ask(options, action, "take-snapshot", { ref: action.snapshot, content });
      return null;
    }
    case "Defragment":
      await ask(options, action, "defragment", null);
      return null;
  }
}

function ask(
  { station, resolve, clock }: JobWorkOptions,
  action: JobAction,
  service: string,
  body: unknown,
): Promise<unknown> {
  const peer = resolve(action.ip);
  return new Promise((done, fail) => {
    const none = () => fail(failed(action, "the node does not answer"));
    if (peer === undefined) clock.after(ANSWER_MS_MAX, none);
    else {
      station.ask(peer, service, body, ANSWER_MS_MAX, (answer) => {
        if (answer === undefined) none();
        else done(answer);
      });
    }
  });
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

function failed(action: JobAction, message: string): OperationError {
  return new OperationError(ERROR_CODES.SNAPSHOT_FAILED, action.type, message);
}
