/** What the records of a write-ahead log say, put together in their order. Pure. */
import { ProtobufError } from "./protobuf.ts";
import {
  decodeEntryPosition,
  decodeHardState,
  decodeMetadata,
  decodeSnapshotPosition,
  type HardState,
  type LogPosition,
  RECORD_TYPE,
  type WalRecord,
} from "./record.ts";

export class LogSummary {
  ids: { readonly memberId: bigint; readonly clusterId: bigint } | null = null;
  hardState: HardState | null = null;
  /** Of the raft log: an entry, or the snapshot that took its place. */
  last: LogPosition | null = null;
  entries = 0;

  /** @throws ProtobufError when the record holds something else than its type says */
  add({ type, data }: WalRecord): void {
    switch (type) {
      case RECORD_TYPE.metadata:
        this.ids = decodeMetadata(data);
        break;
      case RECORD_TYPE.entry:
        // One with an index that was there already takes its place, and ends the log.
        this.last = decodeEntryPosition(data);
        this.entries += 1;
        break;
      case RECORD_TYPE.state:
        this.hardState = decodeHardState(data);
        break;
      case RECORD_TYPE.snapshot:
        this.addSnapshot(decodeSnapshotPosition(data));
        break;
      default:
        throw new ProtobufError("unknown type");
    }
  }

  /** One of our own log lies behind its end; one that a leader has sent is the new end. */
  private addSnapshot(at: LogPosition): void {
    const { last } = this;
    const received = last === null || at.index > last.index || at.term > last.term;
    if (received) this.last = at;
  }
}
