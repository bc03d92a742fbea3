/**
 * Decodes one segment of etcd 3.5's write-ahead log from its bytes as they come, and finds its end
 * as etcd does (server/wal/decoder.go). Pure.
 */
import { crc32c } from "./crc32c.ts";
import { ProtobufError, type Span } from "./protobuf.ts";
import {
  decodeFrame,
  decodeRecord,
  FRAME_BYTES,
  type FrameSize,
  RECORD_TYPE,
  type WalRecord,
} from "./record.ts";

/** etcd makes segments of this size, all zeros, before it writes to them (wal.SegmentSizeBytes). */
const SEGMENT_BYTES = 64 * 1000 * 1000;
/** Larger than any that etcd writes: a request has 1.5 MB at most. */
const RECORD_BYTES_MAX = 4 * 1024 * 1024;
/** A disk writes so much at once, or nothing of it. */
const SECTOR_BYTES = 512;

/** How a segment ends. */
export type SegmentEnd =
  | { readonly kind: "clean" }
  /** The last record was not written to its end: it was never synced, and nobody relies on it. */
  | { readonly kind: "torn" }
  | { readonly kind: "corrupt"; readonly reason: string };

export class SegmentDecoder {
  private bytes: Buffer = Buffer.alloc(0);
  private position = 0;
  /** In the file, behind the last valid record. */
  offset = 0;
  /** Of all data up to there: the next record's follows from it. */
  crc = 0;
  /** null: more bytes are wanted. */
  end: SegmentEnd | null = null;

  /**
   * @param fileBytes size of the file
   * @param onRecord each valid record; it may throw a {@link ProtobufError}
   */
  constructor(
    private readonly fileBytes: number,
    private readonly onRecord: (record: WalRecord) => void,
  ) {}

  /** The next bytes of the file. */
  push(chunk: Buffer): void {
    const rest = this.bytes.subarray(this.position);
    this.bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.position = 0;
    while (this.end === null && this.step());
  }

  /** There are no more bytes. */
  finish(): SegmentEnd {
    const end = this.end ?? { kind: this.position === this.bytes.length ? "clean" : "torn" };
    this.end = end;
    return end;
  }

  /** @returns false when there is no whole record */
  private step(): boolean {
    const there = this.bytes.length - this.position;
    if (there < FRAME_BYTES) return false;
    const size = decodeFrame(this.bytes, this.position);
    if (size === null) return this.stop({ kind: "clean" });
    const { recordBytes, paddingBytes } = size;
    const left = this.fileBytes - this.offset - paddingBytes;
    if (recordBytes > Math.min(left, RECORD_BYTES_MAX)) return this.impossible(size);
    const bodyBytes = recordBytes + paddingBytes;
    if (there < FRAME_BYTES + bodyBytes) return false;
    const start = this.position + FRAME_BYTES;
    const end = start + bodyBytes;
    const wrong = this.take({ bytes: this.bytes, start, end: start + recordBytes });
    if (wrong !== null) {
      const body = this.bytes.subarray(start, end);
      if (isTorn(body, this.offset + FRAME_BYTES)) return this.stop({ kind: "torn" });
      return this.corrupt(wrong);
    }
    this.position = end;
    this.offset += FRAME_BYTES + bodyBytes;
    return true;
  }

  /** @returns what is wrong with the record */
  private take(message: Span): string | null {
    let record: WalRecord;
    try {
      record = decodeRecord(message);
    } catch (error) {
      if (error instanceof ProtobufError) return `no record: ${error.message}`;
      throw error;
    }
    const { type, data } = record;
    if (type === RECORD_TYPE.crc) {
      // It begins a segment with the sum of those before it.
      if (this.crc !== 0 && this.crc !== record.crc) return "crc mismatch";
      this.crc = record.crc;
      return null;
    }
    const crc = crc32c(this.crc, data.bytes, data.start, data.end);
    if (crc !== record.crc) return "crc mismatch";
    try {
      this.onRecord(record);
    } catch (error) {
      if (error instanceof ProtobufError) return `record of type ${type}: ${error.message}`;
      throw error;
    }
    this.crc = crc;
    return null;
  }

  /**
   * In a file that was cut short, the record was too. In a whole one the length is wrong: etcd
   * would cut the log there without a word, and with it what it has told others to be written.
   */
  private impossible({ recordBytes }: FrameSize): boolean {
    const isCut = this.fileBytes < SEGMENT_BYTES && recordBytes <= RECORD_BYTES_MAX;
    if (isCut) return this.stop({ kind: "torn" });
    return this.corrupt(`record of ${recordBytes} bytes`);
  }

  private corrupt(what: string): boolean {
    return this.stop({ kind: "corrupt", reason: `${what} at offset ${this.offset}` });
  }

  private stop(end: SegmentEnd): boolean {
    this.end = end;
    return false;
  }
}

/** @param fileOffset of the bytes. Whether a whole sector's part of them was never written */
function isTorn(bytes: Buffer, fileOffset: number): boolean {
  let start = 0;
  while (start < bytes.length) {
    const end = start + SECTOR_BYTES - ((fileOffset + start) % SECTOR_BYTES);
    if (bytes.subarray(start, end).every((byte) => byte === 0)) return true;
    start = end;
  }
  return false;
}
