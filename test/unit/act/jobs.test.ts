import { beforeEach, describe, expect, it } from "vitest";
import { JOB_MS_MAX, Jobs } from "../../../controller/act/jobs.ts";
import type { JobAction } from "../../../controller/model/action.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOON = Date.parse("2026-11-25T12:00:00Z");
const KEY = "default/lab";
const save = { type: "SaveSnapshot", slot: 0, ip: "172.30.0.10", operation: 1 } as const;
const tidy = (slot: number): JobAction => ({
  ...{ type: "EndOrphan", slot, ip: "172.30.0.10", launches: 1 },
});
const snapshot = { id: "20261125T120000000Z-r42" } as SnapshotInfo;
const full = new OperationError(ERROR_CODES.DISK_FULL, "SaveSnapshot", "the disk is full");

interface Running {
  readonly action: JobAction;
  readonly signal: AbortSignal;
  resolve(saved: SnapshotInfo | null): void;
  reject(error: unknown): void;
}

let clock: ManualClock;
let jobs: Jobs;
/** What was started, newest last; each ends when the test says so. */
let started: Running[];
let ends: string[];

beforeEach(() => {
  clock = new ManualClock(NOON);
  started = [];
  ends = [];
  jobs = new Jobs({
    clock,
    log: silentLog,
    work: (action, _, signal) =>
      new Promise((resolve, reject) => started.push({ action, signal, resolve, reject })),
    onEnd: (key) => ends.push(key),
  });
});

function memory(name = "lab"): ClusterMemory {
  return { cluster: { metadata: { namespace: "default", name } } } as unknown as ClusterMemory;
}

const begin = (action: JobAction, name?: string) => jobs.start(action, memory(name));
const latest = () => started.at(-1) as Running;
const seen = (key = KEY) => jobs.observe(key);
const ended = (count: number) => until("the job has ended", () => ends.length === count);

describe("a job", () => {
  it("is seen from its start to its end, which wakes its cluster", async () => {
    begin(tidy(0));
    const shown = { since: NOON, error: null, operation: null, snapshot: null };
    expect(seen()).toEqual([{ key: "EndOrphan slot 0", state: "running", ...shown }]);
    latest().resolve(null);
    await ended(1);
    expect([seen(), ends]).toEqual([[], [KEY]]);
  });

  it("that failed is seen with its error until another of its kind has succeeded", async () => {
    begin(save);
    latest().reject(full);
    await ended(1);
    const error = {
      code: ERROR_CODES.DISK_FULL,
      operation: "SaveSnapshot",
      message: "the disk is full",
      observedAt: "2026-11-25T12:00:00.000Z",
    };
    const shown = { key: "SaveSnapshot", since: NOON, error, operation: 1, snapshot: null };
    expect(seen()).toEqual([{ ...shown, state: "failed" }]);
    begin(save);
    expect(seen()).toEqual([{ ...shown, state: "running" }]);
    latest().resolve(snapshot);
    await ended(2);
    expect(seen()).toMatchObject([{ state: "succeeded", error: null }]);
  });

  it("is not started a second time while it runs, and at once when its end is told", async () => {
    begin(save);
    begin(save);
    expect(started).toHaveLength(1);
    let atTheEnd = 0;
    ends.push = (...keys) => {
      begin(save);
      atTheEnd = started.length;
      return keys.length;
    };
    latest().reject(full);
    await until("another was started", () => atTheEnd === 2);
  });

  it("runs beside those of other slots and other clusters", () => {
    for (const action of [tidy(0), tidy(1), tidy(1), save]) begin(action);
    begin(save, "other");
    expect(started).toHaveLength(4);
    expect(seen().map(({ key }) => key)).toEqual([
      "EndOrphan slot 0",
      "EndOrphan slot 1",
      "SaveSnapshot",
    ]);
    expect(seen("default/other")).toHaveLength(1);
    expect(seen("default/none")).toEqual([]);
  });

  it("that takes too long is ended, and failed", async () => {
    begin(save);
    const job = latest();
    job.signal.addEventListener("abort", () => job.reject(job.signal.reason));
    clock.next();
    await ended(1);
    expect(clock.now()).toBe(NOON + JOB_MS_MAX);
    expect(seen()).toMatchObject([{ state: "failed", error: { code: ERROR_CODES.TIMEOUT } }]);
  });

  it("that does not end when it is told to has failed all the same, and keeps others out", async () => {
    begin(save);
    clock.next();
    await ended(1);
    begin(save);
    expect([seen()[0]?.state, started.length]).toEqual(["failed", 1]);
    latest().reject(full);
    await until("the next may start", () => {
      begin(save);
      return started.length === 2;
    });
  });
});

describe("a job that is for an operation", () => {
  const forOperation = (operation: number): JobAction => ({ ...save, operation });

  it("is seen with it from its start, and after its end with what came of it", async () => {
    begin(forOperation(7));
    expect(seen()).toMatchObject([{ state: "running", operation: 7, snapshot: null }]);
    latest().resolve(snapshot);
    await ended(1);
    const done = { state: "succeeded", since: NOON, error: null, operation: 7, snapshot };
    expect(seen()).toEqual([{ key: "SaveSnapshot", ...done }]);
    begin(forOperation(8));
    latest().reject(full);
    await ended(2);
    expect(seen()).toMatchObject([{ state: "failed", operation: 8, error: { code: full.code } }]);
  });

  it("has failed where the one before does not end though it was told to", async () => {
    begin(forOperation(7));
    clock.next();
    await ended(1);
    const before = seen()[0]?.since ?? 0;
    clock.after(60_000, () => {});
    clock.next();
    begin(forOperation(8));
    // As one that has failed just now: the next is not tried at once.
    expect(seen()).toMatchObject([{ state: "failed", operation: 8, since: before + 60_000 }]);
    expect(started).toHaveLength(1);
  });
});

describe("the end", () => {
  it("of a cluster ends its jobs and no others, and nobody is woken", async () => {
    begin(save);
    begin(tidy(1));
    begin(save, "other");
    jobs.release(KEY);
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
    expect(seen()).toEqual([]);
    latest().resolve(snapshot);
    await ended(1);
    expect(ends).toEqual(["default/other"]);
  });

  it("of the controller waits for jobs that end", async () => {
    begin(save);
    const job = latest();
    let left = false;
    job.signal.addEventListener("abort", () => {
      left = true;
      job.reject(job.signal.reason);
    });
    await jobs.stop();
    expect([left, ends]).toEqual([true, []]);
  });

  it("of the controller does not wait for ever for work that hangs", async () => {
    begin(save);
    const stopping = jobs.stop();
    expect(latest().signal.aborted).toBe(true);
    clock.next();
    clock.next();
    await stopping;
  });
});
