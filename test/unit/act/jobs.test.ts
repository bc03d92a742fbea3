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
const save: JobAction = { type: "SaveSnapshot", slot: 0, ip: "172.30.0.10" };
const tidy = (slot: number): JobAction => ({ type: "Defragment", slot, ip: "172.30.0.10" });
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
    begin(save);
    expect(seen()).toEqual([{ key: "SaveSnapshot", state: "running", since: NOON, error: null }]);
    latest().resolve(snapshot);
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
    expect(seen()).toEqual([{ key: "SaveSnapshot", state: "failed", since: NOON, error }]);
    begin(save);
    expect(seen()).toEqual([{ key: "SaveSnapshot", state: "running", since: NOON, error }]);
    latest().resolve(snapshot);
    await ended(2);
    expect(seen()).toEqual([]);
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
      "Defragment slot 0",
      "Defragment slot 1",
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

describe("a snapshot that somebody waits for", () => {
  const now = () => jobs.snapshotNow(save, memory());

  it("is told, or why there is none", async () => {
    const good = now();
    latest().resolve(snapshot);
    expect(await good).toBe(snapshot);
    const bad = now();
    latest().reject(full);
    await expect(bad).rejects.toBe(full);
  });

  it("is never one that began before, for that may lack what was written since", async () => {
    begin(save);
    const [earlier] = started;
    const waiting = now();
    expect(started).toHaveLength(1);
    earlier?.resolve({ ...snapshot, id: "earlier" });
    await until("one of its own was started", () => started.length === 2);
    latest().resolve(snapshot);
    expect(await waiting).toBe(snapshot);
  });

  it("is taken even when the one before it failed", async () => {
    begin(save);
    const waiting = now();
    latest().reject(full);
    await until("one of its own was started", () => started.length === 2);
    latest().resolve(snapshot);
    expect(await waiting).toBe(snapshot);
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

  it("of the controller is told to whoever waits for a snapshot, and none is begun", async () => {
    begin(save);
    const waiting = jobs.snapshotNow(save, memory());
    void jobs.stop();
    await expect(waiting).rejects.toMatchObject({ code: ERROR_CODES.TIMEOUT });
    expect(started).toHaveLength(1);
  });
});
