import { beforeEach, describe, expect, test } from "vitest";
import type { UnitStatus } from "../../../controller/model/agent-api.ts";
import { DATABASE_FILE, RESERVE_FILE } from "../../../agent-image/agent/paths.ts";
import { firstStatus, STOPPED } from "../../../agent-image/agent/status/first-status.ts";
import { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import { DiskWatch } from "../../../agent-image/agent/system/disk-watch.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { silentLog } from "../../support/silent-log.ts";

const MIB = 2 ** 20;
const SIZE = 10_000 * MIB;

/** Files by their name, with the blocks that each has. */
class FakeDisk {
  readonly taken = new Map<string, number>();
  readonly sizes = new Map<string, number>();
  othersBytes = 0;
  answers = true;
  knowsReserving = true;
  tries = 0;

  constructor(readonly sizeBytes = SIZE) {}

  space() {
    const taken = [...this.taken.values()].reduce((sum, bytes) => sum + bytes, this.othersBytes);
    const availableBytes = this.sizeBytes - taken;
    return Promise.resolve(this.answers ? { availableBytes, sizeBytes: this.sizeBytes } : null);
  }

  takenBy(path: string) {
    const takenBytes = this.taken.get(path);
    const sizeBytes = this.sizes.get(path) ?? 0;
    return Promise.resolve(takenBytes === undefined ? null : { takenBytes, sizeBytes });
  }

  reserve(path: string, bytes: number) {
    if (!this.taken.has(path)) return Promise.reject(new Error("No such file or directory"));
    return this.make(path, bytes);
  }

  make(path: string, bytes: number) {
    this.tries += 1;
    if (!this.knowsReserving) return Promise.reject(new Error("Operation not supported"));
    this.taken.set(path, Math.max(bytes, this.taken.get(path) ?? 0));
    return Promise.resolve();
  }

  remove(path: string) {
    this.taken.delete(path);
    return Promise.resolve();
  }
}

let disk: FakeDisk;
let board: StatusBoard;
let watch: DiskWatch;
let clock: ManualClock;

function begin(of = new FakeDisk()): void {
  disk = of;
  clock = new ManualClock(0);
  board = new StatusBoard(firstStatus({ slot: 1, taskId: "t", instanceId: "i" }), () => undefined);
  watch = new DiskWatch({ clock, log: silentLog, board, disk });
  disk.taken.set(DATABASE_FILE, MIB);
  disk.sizes.set(DATABASE_FILE, 2 * MIB);
}

beforeEach(() => begin());

async function look(): Promise<void> {
  if (!clock.next()) watch.start();
  // What the fake disk answers takes no turn of the event loop.
  await new Promise(setImmediate);
}

async function lookForAMinute(): Promise<void> {
  for (const until = clock.now() + 60_000; clock.now() < until; ) await look();
}

/** Others take so much that only this is left. */
async function leave(bytes: number): Promise<void> {
  disk.othersBytes += (await disk.space())!.availableBytes - bytes;
  await look();
}

const etcdIs = (state: UnitStatus["state"]) =>
  board.update({ units: { ...board.now.units, etcd: { ...STOPPED, state } } });

describe("room for etcd", () => {
  test("is set aside behind the end of its database, holes within it included, and in a reserve", async () => {
    await look();
    expect(disk.taken).toEqual(
      new Map([
        [DATABASE_FILE, 34 * MIB],
        [RESERVE_FILE, 72 * MIB],
      ]),
    );
  });

  test("is set aside again for a database that has grown, or is another file", async () => {
    await look();
    disk.sizes.set(DATABASE_FILE, 30 * MIB);
    await lookForAMinute();
    expect(disk.taken.get(DATABASE_FILE)).toBe(62 * MIB);
    disk.taken.set(DATABASE_FILE, MIB);
    disk.sizes.set(DATABASE_FILE, MIB);
    await lookForAMinute();
    expect(disk.taken.get(DATABASE_FILE)).toBe(33 * MIB);
  });

  test("is no more than a part of a small disk", async () => {
    begin(new FakeDisk(400 * MIB));
    await look();
    expect(disk.taken.get(DATABASE_FILE)).toBe(22 * MIB);
    expect(disk.taken.get(RESERVE_FILE)).toBe(20 * MIB);
  });

  test("is not made up where there is no database yet", async () => {
    disk.taken.clear();
    await look();
    expect([...disk.taken.keys()]).toEqual([RESERVE_FILE]);
  });

  test("is let go once etcd has ended on a full disk, and taken back when there is room", async () => {
    await look();
    await leave(0);
    expect(disk.taken.has(RESERVE_FILE)).toBe(true);
    etcdIs("backoff");
    await look();
    expect(disk.taken.has(RESERVE_FILE)).toBe(false);
    etcdIs("running");
    await leave(200 * MIB);
    expect(disk.taken.has(RESERVE_FILE)).toBe(false);
    await leave(1_000 * MIB);
    await lookForAMinute();
    expect(disk.taken.has(RESERVE_FILE)).toBe(true);
  });

  test("stays set aside when etcd has ended for another reason", async () => {
    await look();
    etcdIs("backoff");
    await look();
    expect(disk.taken.has(RESERVE_FILE)).toBe(true);
  });
});

describe("a disk", () => {
  test("is full when etcd could not make a segment of its log, and not at once any more", async () => {
    await look();
    expect(board.now.disk).toMatchObject({ full: false, sizeBytes: SIZE });
    await leave(63 * MIB);
    expect(board.now.disk).toEqual({ full: true, availableBytes: 63 * MIB, sizeBytes: SIZE });
    expect(board.status().problems).toEqual(["the disk of its data is full: 63 of 10000 MiB left"]);
    await leave(70 * MIB);
    expect(board.now.disk?.full).toBe(true);
    await leave(81 * MIB);
    expect(board.now.disk?.full).toBe(false);
    expect(board.status().problems).toEqual([]);
  });

  test("is not told again as it changes", async () => {
    await look();
    await leave(5_000 * MIB);
    const { sequence } = board.status();
    await leave(4_000 * MIB);
    expect(board.status().sequence).toBe(sequence);
  });

  test("of which nothing is known stays what it was", async () => {
    await leave(MIB);
    disk.answers = false;
    disk.othersBytes = 0;
    await look();
    expect(board.now.disk?.full).toBe(true);
  });

  test("is told of where nothing can be set aside, which is tried once a minute", async () => {
    disk.knowsReserving = false;
    await lookForAMinute();
    expect(disk.tries).toBe(2 * 2);
    await leave(MIB);
    expect(board.now.disk?.full).toBe(true);
  });
});
