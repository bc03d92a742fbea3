/**
 * A data directory's write-ahead log as a file: as much of it as tells whose it is and how far it
 * goes. Real bytes, so that the agent's own code reads and writes them.
 */
import { LogSummary } from "../../../agent-image/agent/etcd/wal/log-summary.ts";
import { SegmentDecoder } from "../../../agent-image/agent/etcd/wal/segment-decoder.ts";
import { segmentName, SegmentBytes } from "../../support/agent/wal-bytes.ts";
import type { EtcdData } from "./data.ts";

export const WAL_SEGMENT = segmentName(0, 0);
const BROKEN = Buffer.alloc(64, 0xff);

/** @param data in which there is a log */
export function walBytes(data: EtcdData): Buffer {
  const opened = data.open();
  if (opened === null) return BROKEN;
  const { identity, disk } = opened;
  const { hard, snapshot, log } = disk.read();
  const bytes = new SegmentBytes().metadata(idOf(identity.memberId), idOf(identity.clusterId));
  if (snapshot !== null) bytes.snapshot(snapshot.index, snapshot.term);
  bytes.state(hard.term, hard.commit, hard.vote === null ? 0n : idOf(hard.vote));
  if (log.lastIndex > (snapshot?.index ?? 0)) bytes.entry(log.lastIndex, log.lastTerm);
  return bytes.bytes();
}

/** Whoever wrote to the log may have said that more of it is committed, and nothing else. */
export function takeWalBytes(data: EtcdData, bytes: Buffer): void {
  const summary = new LogSummary();
  const decoder = new SegmentDecoder(bytes.length, (record) => summary.add(record));
  decoder.push(bytes);
  const end = decoder.finish();
  if (end.kind !== "clean" || summary.hardState === null) data.corrupt("walpb: crc mismatch");
  else data.commitTo(summary.hardState.commit);
}

function idOf(hex: string): bigint {
  return BigInt(`0x${hex}`);
}
