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
      killGroup: (group: number) => killed.push(group),
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
