/** Snapshots on the disk of the controller's host: they outlive the controller. */
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { type ClusterKey, clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterSnapshots, SnapshotContent } from "../../../controller/model/ports.ts";
import type { SnapshotFacts, SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { byAge, snapshotId } from "../../../controller/store/snapshots/snapshot-info.ts";

interface Kept {
  readonly info: SnapshotInfo;
  readonly bytes: Uint8Array;
}

export class SnapshotShelf {
  private readonly kept = new Map<ClusterKey, readonly Kept[]>();
  unreadable = false;

  known(key: ClusterKey): readonly SnapshotInfo[] {
    return (this.kept.get(key) ?? []).map((k) => k.info);
  }

  of({ metadata }: CompiledCluster): ClusterSnapshots {
    const key = clusterKey(metadata);
    return {
      list: async () => {
        if (this.unreadable) throw failed("ListSnapshots", "The directory cannot be read.");
        return this.known(key);
      },
      save: (takenAt, facts, content) => this.save(key, takenAt, facts, content),
      openVerified: async ({ id }) => {
        const found = this.kept.get(key)?.find((k) => k.info.id === id);
        if (found === undefined) throw failed("OpenSnapshot", "The snapshot is gone.");
        return onePiece(found.bytes);
      },
      remove: async (snapshots) => {
        const gone = new Set(snapshots.map((s) => s.id));
        this.put(key, (k) => !gone.has(k.info.id));
      },
    };
  }

  private async save(
    key: ClusterKey,
    takenAtMs: number,
    facts: SnapshotFacts,
    content: SnapshotContent,
  ): Promise<SnapshotInfo> {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const id = snapshotId(takenAtMs, facts.revision);
    const takenAt = new Date(takenAtMs).toISOString();
    const info = { ...facts, id, takenAt, sizeBytes: bytes.length };
    this.put(key, (k) => k.info.id !== id, { info, bytes });
    return info;
  }

  private put(key: ClusterKey, stays: (kept: Kept) => boolean, ...more: Kept[]): void {
    const kept = [...(this.kept.get(key) ?? []).filter(stays), ...more];
    this.kept.set(
      key,
      kept.toSorted((a, b) => byAge(a.info, b.info)),
    );
  }
}

async function* onePiece(bytes: Uint8Array): SnapshotContent & AsyncGenerator<Uint8Array> {
  yield bytes;
}

function failed(operation: string, message: string): OperationError {
  return new OperationError(ERROR_CODES.SNAPSHOT_FAILED, operation, message);
}
