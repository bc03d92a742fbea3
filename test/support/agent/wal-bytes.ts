/** Segments of etcd's write-ahead log, byte by byte as etcd writes them. */
import { crc32c } from "../../../agent-image/agent/etcd/wal/crc32c.ts";
import { encodeMessage } from "../../../agent-image/agent/etcd/wal/protobuf.ts";
import {
  encodeFramed,
  encodeHardState,
  RECORD_TYPE,
} from "../../../agent-image/agent/etcd/wal/record.ts";

export const SEGMENT_BYTES = 64 * 1000 * 1000;

/** Builds one segment; the sum over its records runs on into the next one. */
export class SegmentBytes {
  private readonly parts: Buffer[] = [];

  /** @param crc of the segment before */
  constructor(public crc = 0) {
    this.parts.push(encodeFramed(RECORD_TYPE.crc, crc, Buffer.alloc(0)));
  }

  metadata(memberId: bigint, clusterId: bigint): this {
    const fields = [
      [1, memberId],
      [2, clusterId],
    ] as const;
    return this.record(RECORD_TYPE.metadata, encodeMessage(fields));
  }

  state(term: number, commit: number, vote = 7n): this {
    return this.record(RECORD_TYPE.state, encodeHardState({ term, vote, commit }));
  }

  entry(index: number, term: number, data = Buffer.from(`entry ${index}`)): this {
    const fields = [
      [1, 0n],
      [2, BigInt(term)],
      [3, BigInt(index)],
      [4, data],
    ] as const;
    return this.record(RECORD_TYPE.entry, encodeMessage(fields));
  }

  snapshot(index: number, term: number): this {
    const fields = [
      [1, BigInt(index)],
      [2, BigInt(term)],
    ] as const;
    return this.record(RECORD_TYPE.snapshot, encodeMessage(fields));
  }

  record(type: number, data: Buffer): this {
    this.crc = crc32c(this.crc, data);
    this.parts.push(encodeFramed(type, this.crc, data));
    return this;
  }

  /** @param sizeBytes zeros up to there, as etcd makes the file before it writes to it */
  bytes(sizeBytes = 0): Buffer {
    const written = Buffer.concat(this.parts);
    return Buffer.concat([written, Buffer.alloc(Math.max(0, sizeBytes - written.length))]);
  }
}

export function segmentName(sequence: number, firstIndex: number): string {
  const hex = (value: number) => value.toString(16).padStart(16, "0");
  return `${hex(sequence)}-${hex(firstIndex)}.wal`;
}
