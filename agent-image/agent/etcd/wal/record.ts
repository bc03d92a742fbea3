/**
 * Records of etcd 3.5's write-ahead log (server/wal/walpb/record.proto, raftpb/raft.proto and
 * etcdserverpb's Metadata), and the frames they lie in (server/wal/decoder.go, encoder.go). Pure.
 */
import { encodeMessage, ProtobufReader, type Span } from "./protobuf.ts";

/** `walpb.Record.type`. */
export const RECORD_TYPE = { metadata: 1, entry: 2, state: 3, crc: 4, snapshot: 5 } as const;

export const FRAME_BYTES = 8;
const NO_DATA: Span = { bytes: Buffer.alloc(0), start: 0, end: 0 };

export interface WalRecord {
  readonly type: number;
  /** Over the data of all records so far, this one's included. */
  readonly crc: number;
  readonly data: Span;
}

/** `raftpb.HardState`. */
export interface HardState {
  readonly term: number;
  readonly vote: bigint;
  /** Index of the last entry that this member knew to be committed. */
  readonly commit: number;
}

/** Where an entry or a snapshot stands in the raft log. */
export interface LogPosition {
  readonly index: number;
  readonly term: number;
}

export interface FrameSize {
  readonly recordBytes: number;
  /** So many bytes follow, for the next frame to begin at a multiple of 8. */
  readonly paddingBytes: number;
}

/**
 * The frame at `offset`: 56 bits of length, then one byte that is 0x80 | padding, or 0.
 *
 * @returns null for a frame of zeros: no record has been written there
 */
export function decodeFrame(bytes: Buffer, offset: number): FrameSize | null {
  const low = bytes.readUInt32LE(offset);
  const high = bytes.readUInt32LE(offset + 4);
  if (low === 0 && high === 0) return null;
  const recordBytes = (high & 0xff_ffff) * 2 ** 32 + low;
  return { recordBytes, paddingBytes: high >>> 31 ? (high >>> 24) & 7 : 0 };
}

/** A record in its frame, with its padding. */
export function encodeFramed(type: number, crc: number, data: Buffer): Buffer {
  const message = encodeMessage([
    [1, BigInt(type)],
    [2, BigInt(crc)],
    [3, data],
  ]);
  const paddingBytes = (8 - (message.length % 8)) % 8;
  const bytes = Buffer.alloc(FRAME_BYTES + message.length + paddingBytes);
  bytes.writeUInt32LE(message.length, 0);
  if (paddingBytes > 0) bytes[7] = 0x80 | paddingBytes;
  message.copy(bytes, FRAME_BYTES);
  return bytes;
}

/** @throws ProtobufError */
export function decodeRecord(message: Span): WalRecord {
  const reader = new ProtobufReader(message);
  let type = 0;
  let crc = 0;
  let data = NO_DATA;
  while (reader.next()) {
    if (reader.field === 1) type = reader.number();
    else if (reader.field === 2) crc = reader.number();
    else if (reader.field === 3) data = reader.message();
    else reader.skip();
  }
  return { type, crc, data };
}

/** @throws ProtobufError */
export function decodeMetadata(data: Span): { memberId: bigint; clusterId: bigint } {
  const reader = new ProtobufReader(data);
  let memberId = 0n;
  let clusterId = 0n;
  while (reader.next()) {
    if (reader.field === 1) memberId = reader.uint64();
    else if (reader.field === 2) clusterId = reader.uint64();
    else reader.skip();
  }
  return { memberId, clusterId };
}

/** Only where the entry stands: what it holds comes last, and is not looked at. */
export function decodeEntryPosition(data: Span): LogPosition {
  const reader = new ProtobufReader(data);
  let index = 0;
  let term = 0;
  while (reader.next() && reader.field < 4) {
    if (reader.field === 2) term = reader.number();
    else if (reader.field === 3) index = reader.number();
    else reader.skip();
  }
  return { index, term };
}

/** @throws ProtobufError */
export function decodeSnapshotPosition(data: Span): LogPosition {
  const reader = new ProtobufReader(data);
  let index = 0;
  let term = 0;
  while (reader.next()) {
    if (reader.field === 1) index = reader.number();
    else if (reader.field === 2) term = reader.number();
    else reader.skip();
  }
  return { index, term };
}

/** @throws ProtobufError */
export function decodeHardState(data: Span): HardState {
  const reader = new ProtobufReader(data);
  let term = 0;
  let vote = 0n;
  let commit = 0;
  while (reader.next()) {
    if (reader.field === 1) term = reader.number();
    else if (reader.field === 2) vote = reader.uint64();
    else if (reader.field === 3) commit = reader.number();
    else reader.skip();
  }
  return { term, vote, commit };
}

export function encodeHardState({ term, vote, commit }: HardState): Buffer {
  return encodeMessage([
    [1, BigInt(term)],
    [2, vote],
    [3, BigInt(commit)],
  ]);
}
