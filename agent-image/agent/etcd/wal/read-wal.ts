/**
 * Reads etcd's write-ahead log, whether etcd runs or not, as far as it tells whose it is and how
 * far it goes.
 */
import type { Files } from "../../ports/files.ts";
import { LogSummary } from "./log-summary.ts";
import type { HardState, LogPosition } from "./record.ts";
import { SegmentDecoder, type SegmentEnd } from "./segment-decoder.ts";

/** Most logs end within the first of these: the rest of the file is zeros, and is not read. */
const CHUNK_BYTES_FIRST = 64 * 1024;
const CHUNK_BYTES_MAX = 4 * 1024 * 1024;

const SEGMENT_NAME = /^[0-9a-f]{16}-[0-9a-f]{16}\.wal$/;

export interface WalReading {
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly hardState: HardState | null;
  /** Zero and zero: there is no entry yet. */
  readonly last: LogPosition;
  /** Where the next record has to be written, and the sum that it continues. */
  readonly tail: { readonly file: string; readonly offset: number; readonly crc: number };
}

/** The log cannot be used, and etcd would not mend it. */
export class WalCorruptError extends Error {
  override readonly name = "WalCorruptError";
}

/**
 * Each segment begins with what is needed of those before it, so the newest is enough unless no
 * entry lies in it yet.
 *
 * @param directory `member/wal`
 * @returns null when there is no log
 * @throws WalCorruptError; the file system's errors
 */
export async function readWal(files: Files, directory: string): Promise<WalReading | null> {
  const names = (await files.list(directory)).filter((name) => name.endsWith(".wal")).sort();
  const strange = names.find((name) => !SEGMENT_NAME.test(name));
  if (names.length === 0) return null;
  if (strange !== undefined) throw new WalCorruptError(`${strange} is no segment's name`);
  for (let first = names.length - 1; ; first -= 1) {
    const summary = new LogSummary();
    let tail: WalReading["tail"] | null = null;
    for (const name of names.slice(first)) {
      tail = await readSegment(files, `${directory}/${name}`, summary, name === names.at(-1));
    }
    if (summary.entries > 0 || first === 0) return readingOf(summary, tail);
  }
}

function readingOf(summary: LogSummary, tail: WalReading["tail"] | null): WalReading {
  const { ids, hardState, last } = summary;
  if (ids === null || tail === null) throw new WalCorruptError("the log names no member");
  return { ...ids, hardState, last: last ?? { index: 0, term: 0 }, tail };
}

async function readSegment(
  files: Files,
  file: string,
  summary: LogSummary,
  isNewest: boolean,
): Promise<WalReading["tail"]> {
  const handle = await files.open(file, "r");
  try {
    const size = await handle.size();
    const decoder = new SegmentDecoder(size, (record) => summary.add(record));
    let chunkBytes = CHUNK_BYTES_FIRST;
    for (let read = 0; decoder.end === null && read < size; chunkBytes *= 4) {
      const chunk = await handle.read(read, Math.min(chunkBytes, CHUNK_BYTES_MAX, size - read));
      if (chunk.length === 0) break;
      decoder.push(chunk);
      read += chunk.length;
    }
    requireUsable(file, decoder.finish(), isNewest);
    return { file, offset: decoder.offset, crc: decoder.crc };
  } finally {
    await handle.close();
  }
}

function requireUsable(file: string, end: SegmentEnd, isNewest: boolean): void {
  if (end.kind === "clean" || (end.kind === "torn" && isNewest)) return;
  const reason = end.kind === "torn" ? "it is cut, though others follow it" : end.reason;
  throw new WalCorruptError(`${file.slice(file.lastIndexOf("/") + 1)}: ${reason}`);
}
