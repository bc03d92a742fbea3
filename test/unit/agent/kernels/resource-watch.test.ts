/** A kernel is ended for what it is known to take, and for nothing else. */
import { afterEach, expect, test } from "vitest";
import type { KeptKernel } from "../../../../agent-image/agent/kernels/kept-kernel.ts";
import {
  ResourceWatch,
  type ResourceWatchOptions,
} from "../../../../agent-image/agent/kernels/resource-watch.ts";
import { ManualClock } from "../../../support/loop/manual-clock.ts";
import { until } from "../../../support/poll.ts";
import { silentLog } from "../../../support/silent-log.ts";

const KEEPER = 100;
const MIB = 2 ** 20;

let watch: ResourceWatch | null = null;
afterEach(() => watch?.stop());

/** Two processes of 100 MiB each, most of it shared between them; a kernel may take 160 MiB. */
async function lookedAt(count: () => Promise<string>) {
  const process = (pid: number, parent: number, group: number) => ({
    ...{ pid, parent, group, threads: 1, zombie: false, ownBytes: 100 * MIB },
  });
  const kernel = { id: "k", keeperPid: KEEPER, exit: null, condemned: null, memoryBytes: 0 };
  const killed: number[] = [];
  let counted = 0;
  const alive = () => !killed.includes(200);
  const parts: Partial<Record<keyof ResourceWatchOptions, unknown>> = {
    kernels: { placement: "spread", memoryMiB: 160, processes: 64 },
    kept: new Map([["k", kernel as unknown as KeptKernel]]),
    host: {
      processes: () => (alive() ? [process(200, KEEPER, 200), process(201, 200, 200)] : []),
      processCount: () => 4,
      signalGroup: (group: number) => killed.push(group),
    },
    processes: { run: () => count().finally(() => (counted += 1)) },
    files: { read: () => Promise.resolve(null) },
    clock: new ManualClock(0),
    log: silentLog,
  };
  watch = new ResourceWatch(parts as unknown as ResourceWatchOptions);
  watch.start({ name: "ada", uid: 1000, gid: 1000, home: "/home/ada" });
  await until("it is counted", () => counted > 0);
  await watch.stop();
  return { killed, why: kernel.condemned };
}

const smaps = (kib: number) => Promise.resolve(`Pss_Anon:     ${kib} kB\nPss_Shmem:       0 kB\n`);

test("one that takes more than it may is ended, with all of its group", async () => {
  const { killed, why } = await lookedAt(() => smaps(180 * 1024));
  expect(killed).toEqual([200]);
  expect(why).toMatchObject({ reason: "OutOfMemory" });
});

test("pages that its processes share are counted once", async () => {
  expect(await lookedAt(() => smaps(110 * 1024))).toEqual({ killed: [], why: null });
});

test.each([
  ["nothing answers in time", () => Promise.reject(new Error("timed out"))],
  ["nothing can be read", () => Promise.resolve("")],
])("it goes on when %s: that is no proof against it", async (_, count) => {
  expect(await lookedAt(count)).toEqual({ killed: [], why: null });
});

/** The signals and readings of three looks, of which the last one comes when `change` has been. */
async function looks(change: (world: { processes: number; clock: LateClock }) => void) {
  const clock = new LateClock();
  const world = { processes: 10, clock };
  const done: string[] = [];
  const kernel = { id: "k", keeperPid: KEEPER, exit: null, condemned: null, memoryBytes: 0 };
  let read = 0;
  const facts = { pid: 200, parent: KEEPER, group: 200, threads: 1, zombie: false, ownBytes: 0 };
  const parts: Partial<Record<keyof ResourceWatchOptions, unknown>> = {
    kernels: { placement: "spread", memoryMiB: null, processes: 64 },
    kept: new Map([["k", kernel as unknown as KeptKernel]]),
    host: {
      processCount: () => world.processes,
      processes: () => {
        read += 1;
        done.push("read");
        return [facts];
      },
      signalGroup: (group: number, signal: string) => done.push(`${signal} ${group}`),
    },
    files: { read: () => Promise.resolve(null) },
    clock,
    log: silentLog,
  };
  watch = new ResourceWatch(parts as unknown as ResourceWatchOptions);
  watch.start({ name: "ada", uid: 1000, gid: 1000, home: "/home/ada" });
  for (let look = 1; look <= 3; look += 1) {
    await until(`look ${look}`, () => read === look && clock.waits);
    if (look === 2) change(world);
    if (look < 3) clock.next();
  }
  await watch.stop();
  return done;
}

/** Whose timers may come late. */
class LateClock extends ManualClock {
  lateMs = 0;
  private pending = 0;

  constructor() {
    super(0);
  }

  get waits(): boolean {
    return this.pending > 0;
  }

  override now(): number {
    return super.now() + this.lateMs;
  }

  override after(ms: number, callback: () => void): () => void {
    this.pending += 1;
    return super.after(ms, () => {
      this.pending -= 1;
      callback();
    });
  }
}

const STILL = ["read", "read", "SIGSTOP 200", "read", "SIGCONT 200"];

test("kernels run on while they are looked at", async () => {
  expect(await looks(() => undefined)).toEqual(["read", "read", "read"]);
});

test("a kernel stands still while it is looked at when there are far more processes than before", async () => {
  expect(await looks((world) => (world.processes += 33))).toEqual(STILL);
});

test("a kernel stands still while it is looked at when the look comes late", async () => {
  expect(await looks(({ clock }) => (clock.lateMs = 301))).toEqual(STILL);
});
