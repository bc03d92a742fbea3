import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crc32c } from "../../../agent-image/agent/etcd/wal/crc32c.ts";
import { WalFormatUnknownError } from "../../../agent-image/agent/etcd/wal/known-format.ts";
import { raiseCommit } from "../../../agent-image/agent/etcd/wal/raise-commit.ts";
import { readWal, WalCorruptError } from "../../../agent-image/agent/etcd/wal/read-wal.ts";
import { nodeFiles } from "../../../agent-image/agent/system/node-files.ts";
import { bootstrapClusterId, bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { SEGMENT_BYTES, segmentName, SegmentBytes } from "../../support/agent/wal-bytes.ts";

/** Above 2^53, as etcd's ids are. */
const MEMBER = 0xaab98c34a6b7081en;
const CLUSTER = 0x8d09ee6a59bf4186n;
const PAGE_BYTES = 4096;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wal-"));
});

afterEach(() => rm(directory, { recursive: true }));

/** The container's etcd, as far as it is asked for its version. */
function etcd(version: string) {
  return { run: () => Promise.resolve(`etcd Version: ${version}\nGit SHA: Not provided\n`) };
}

function begin(crc = 0): SegmentBytes {
  return new SegmentBytes(crc).metadata(MEMBER, CLUSTER);
}

/** A log as a follower has it: entries up to 5, of which it knows 3 to be committed. */
function follower(): SegmentBytes {
  const segment = begin().snapshot(0, 0).state(2, 0);
  for (const index of [1, 2, 3, 4]) segment.entry(index, 2);
  return segment.state(2, 3).entry(5, 2);
}

async function write(bytes: Buffer, sequence = 0, firstIndex = 0): Promise<string> {
  const file = join(directory, segmentName(sequence, firstIndex));
  await writeFile(file, bytes);
  return file;
}

async function lastOf(): Promise<[number, number] | undefined> {
  const reading = await readWal(nodeFiles, directory);
  return reading === null ? undefined : [reading.last.index, reading.last.term];
}

test("the sum is Castagnoli's, and runs on", () => {
  const text = Buffer.from("123456789");
  expect(crc32c(0, text)).toBe(0xe3069283);
  expect(crc32c(crc32c(0, text.subarray(0, 4)), text.subarray(4))).toBe(0xe3069283);
});

describe("a follower's log as etcd 3.5.16 wrote it, killed while keys were put", () => {
  const fixture = fileURLToPath(new URL("fixtures/etcd-3.5.16-follower.wal.raw", import.meta.url));

  test("is read, and the ids in it are those that follow from the members' addresses", async () => {
    await write(await readFile(fixture));
    const [url, token] = ["http://127.0.0.1:23801", "etcd-cluster"];
    const all = [0, 1, 2].map((i) => [`m${i}`, `http://127.0.0.1:${23800 + i}`]);
    expect(await readWal(nodeFiles, directory)).toMatchObject({
      memberId: BigInt(`0x${bootstrapMemberId(url, token)}`),
      clusterId: BigInt(`0x${bootstrapClusterId(Object.fromEntries(all), token)}`),
      hardState: { term: 2, commit: 15 },
      last: { index: 16, term: 2 },
    });
  });

  test("is committed to its end", async () => {
    await write(await readFile(fixture));
    expect(await raiseCommit(nodeFiles, etcd("3.5.16"), directory)).toEqual({ from: 15, to: 16 });
    expect(await readWal(nodeFiles, directory)).toMatchObject({
      hardState: { term: 2, commit: 16 },
    });
  });
});

describe("a write-ahead log tells", () => {
  test("whose it is, what was committed and how far it goes", async () => {
    await write(follower().bytes(PAGE_BYTES));
    expect(await readWal(nodeFiles, directory)).toMatchObject({
      memberId: MEMBER,
      clusterId: CLUSTER,
      hardState: { term: 2, vote: 7n, commit: 3 },
      last: { index: 5, term: 2 },
    });
  });

  test("nothing where there is none", async () => {
    await writeFile(join(directory, "0.tmp"), "");
    expect(await readWal(nodeFiles, directory)).toBeNull();
  });

  test("the same of a file that ends with its last record", async () => {
    await write(follower().bytes());
    expect(await lastOf()).toEqual([5, 2]);
  });

  test("that entries were overwritten by another leader's", async () => {
    await write(follower().entry(4, 3).bytes(PAGE_BYTES));
    expect(await lastOf()).toEqual([4, 3]);
  });

  test("that a leader has sent a snapshot in the place of entries", async () => {
    await write(follower().snapshot(90, 4).bytes(PAGE_BYTES));
    expect(await lastOf()).toEqual([90, 4]);
  });

  test("nothing new with a snapshot of what it holds already", async () => {
    await write(follower().snapshot(3, 2).bytes(PAGE_BYTES));
    expect(await lastOf()).toEqual([5, 2]);
  });

  test("by its newest segment alone, when there are entries in it", async () => {
    await write(Buffer.from("not looked at"), 0, 0);
    await write(begin(77).state(3, 8).entry(9, 3).bytes(PAGE_BYTES), 1, 9);
    expect(await lastOf()).toEqual([9, 3]);
  });

  test("by the segment before, when the newest has none yet", async () => {
    const before = follower();
    await write(before.bytes(), 0, 0);
    await write(begin(before.crc).state(2, 4).bytes(PAGE_BYTES), 1, 6);
    expect(await readWal(nodeFiles, directory)).toMatchObject({
      hardState: { commit: 4 },
      last: { index: 5, term: 2 },
    });
  });

  test("a record that is larger than what is read at once", async () => {
    const large = Buffer.alloc(3 * 1024 * 1024, 7);
    await write(follower().entry(6, 2, large).entry(7, 2).bytes(SEGMENT_BYTES));
    expect(await lastOf()).toEqual([7, 2]);
  });
});

describe("a log whose last record was not written to its end", () => {
  test.each([1, 9, 30])("ends before it (%i bytes are there)", async (bytes) => {
    const whole = follower().bytes();
    const last = follower().entry(6, 2).bytes().subarray(whole.length);
    await write(Buffer.concat([whole, last.subarray(0, bytes)]));
    expect(await lastOf()).toEqual([5, 2]);
  });

  test("ends before it, when a sector of it is zeros", async () => {
    const torn = follower().entry(6, 2, Buffer.alloc(2000, 7)).bytes(PAGE_BYTES);
    torn.fill(0, 1024, 1536);
    await write(torn);
    expect(await lastOf()).toEqual([5, 2]);
  });

  test("is corrupt when others follow it", async () => {
    const torn = follower().bytes().subarray(0, -3);
    await write(torn, 0, 0);
    await write(begin(7).state(2, 3).bytes(PAGE_BYTES), 1, 6);
    await expect(readWal(nodeFiles, directory)).rejects.toThrow(WalCorruptError);
  });
});

describe("a log is corrupt", () => {
  test.each([
    ["when a byte of an entry differs", "entry 2"],
    ["when a byte of the last entry differs", "entry 5"],
  ])("%s", async (_, text) => {
    const bytes = follower().bytes(PAGE_BYTES);
    bytes[bytes.indexOf(text)] = 0x45;
    await write(bytes);
    await expect(readWal(nodeFiles, directory)).rejects.toThrow(/crc mismatch at offset \d+/);
  });

  test("when a length cannot be, for etcd would cut it there without a word", async () => {
    const bytes = follower().bytes(SEGMENT_BYTES);
    const offset = begin().snapshot(0, 0).state(2, 0).entry(1, 2).bytes().length;
    for (const at of [2, 5]) {
      const broken = Buffer.from(bytes);
      broken[offset + at] = 0xff;
      await write(broken);
      await expect(readWal(nodeFiles, directory)).rejects.toThrow(/record of \d+ bytes/);
    }
  });

  test.each([
    ["when it holds nothing", Buffer.alloc(PAGE_BYTES)],
    [
      "when its first record is of a type that etcd does not write",
      begin().record(9, Buffer.from("x")).bytes(),
    ],
  ])("%s", async (_, bytes) => {
    await write(bytes);
    await expect(readWal(nodeFiles, directory)).rejects.toThrow(WalCorruptError);
  });
});

describe("before a member is forced to go on alone", () => {
  test("all of its log is committed, once", async () => {
    const file = await write(follower().bytes(PAGE_BYTES));
    expect(await raiseCommit(nodeFiles, etcd("3.5.16"), directory)).toEqual({ from: 3, to: 5 });
    expect(await readWal(nodeFiles, directory)).toMatchObject({
      hardState: { term: 2, vote: 7n, commit: 5 },
      last: { index: 5, term: 2 },
    });
    const bytes = await readFile(file);
    expect(bytes).toHaveLength(PAGE_BYTES);
    expect(bytes).toEqual(follower().state(2, 5).bytes(PAGE_BYTES));
    expect(await raiseCommit(nodeFiles, etcd("3.5.16"), directory)).toBeNull();
  });

  test("what was not written to its end is not committed, and goes", async () => {
    const torn = follower().entry(6, 2, Buffer.alloc(2000, 7)).bytes(PAGE_BYTES);
    torn.fill(0, 1024, 1536);
    const file = await write(torn);
    expect(await raiseCommit(nodeFiles, etcd("3.5.16"), directory)).toEqual({ from: 3, to: 5 });
    expect(await readFile(file)).toEqual(follower().state(2, 5).bytes(PAGE_BYTES));
  });

  test("an interrupted try is done again", async () => {
    const file = await write(follower().bytes());
    const record = follower().state(2, 5).bytes().subarray(follower().bytes().length);
    await appendFile(file, record.subarray(0, 20));
    expect(await raiseCommit(nodeFiles, etcd("3.5.16"), directory)).toEqual({ from: 3, to: 5 });
    expect(await lastOf()).toEqual([5, 2]);
  });

  test("a log that is broken is left as it is", async () => {
    const bytes = follower().bytes(PAGE_BYTES);
    bytes[bytes.indexOf("entry 2")] = 0x45;
    const file = await write(bytes);
    await expect(raiseCommit(nodeFiles, etcd("3.5.16"), directory)).rejects.toThrow(
      WalCorruptError,
    );
    expect(await readFile(file)).toEqual(bytes);
  });

  test("nothing is written to the log of an etcd whose format is not known", async () => {
    const file = await write(follower().bytes(PAGE_BYTES));
    for (const version of ["3.6.1", "3.4.30", "3.50.1", ""]) {
      const raised = raiseCommit(nodeFiles, etcd(version), directory);
      await expect(raised).rejects.toThrow(WalFormatUnknownError);
      await expect(raised).rejects.toThrow("only the log of 3.5 may be written to");
    }
    expect(await readFile(file)).toEqual(follower().bytes(PAGE_BYTES));
  });

  test("etcd's version is of no interest when nothing is to be written", async () => {
    await write(follower().state(2, 5).bytes(PAGE_BYTES));
    expect(await raiseCommit(nodeFiles, etcd("3.6.1"), directory)).toBeNull();
  });
});
