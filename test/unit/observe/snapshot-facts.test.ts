import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { SnapshotFacts } from "../../../controller/observe/snapshot-facts.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOON = Date.parse("2026-11-25T12:00:00Z");
const one = { id: "20261125T115500000Z-r41" } as SnapshotInfo;
const two = { id: "20261125T120000000Z-r42" } as SnapshotInfo;
const gone = new OperationError(ERROR_CODES.SNAPSHOT_FAILED, "ListSnapshots", "not mounted");

let clock: ManualClock;
let reads: number;
let list: () => Promise<readonly SnapshotInfo[]>;
let changes: string[];
let facts: SnapshotFacts;

beforeEach(() => {
  clock = new ManualClock(NOON);
  reads = 0;
  changes = [];
  list = () => Promise.resolve([one]);
  const counted = () => {
    reads += 1;
    return list();
  };
  facts = new SnapshotFacts({
    snapshotsOf: () => ({ list: counted }),
    clock,
    log: silentLog,
    onChange: (key) => changes.push(key),
  });
});

function cluster(directory: string | null = null): CompiledCluster {
  const metadata = { namespace: "default", name: "lab" };
  return { metadata, spec: { etcd: { snapshots: { directory } } } } as unknown as CompiledCluster;
}

const observe = () => facts.observe(cluster());
const seen = (freshness: string) => until(freshness, () => observe().freshness === freshness);

function pass(ms: number): void {
  clock.after(ms, () => undefined);
  clock.next();
}

describe("the snapshots that are known", () => {
  it("are unknown until they were read, which wakes the cluster once", async () => {
    expect(observe()).toMatchObject({ freshness: "unknown" });
    await seen("fresh");
    expect(observe()).toEqual({ freshness: "fresh", value: [one] });
    expect([changes, reads]).toEqual([["default/lab"], 1]);
  });

  it("are read again now and then, and a change wakes the cluster", async () => {
    observe();
    await seen("fresh");
    list = () => Promise.resolve([one, two]);
    pass(29_000);
    observe();
    expect(reads).toBe(1);
    pass(1_000);
    observe();
    await until("the change is seen", () => changes.length === 2);
    expect(observe()).toMatchObject({ value: [one, two] });
  });

  it("are stale, and not gone, while their directory cannot be read", async () => {
    await facts.refresh(cluster());
    const readAt = clock.now();
    pass(30_000);
    list = () => Promise.reject(gone);
    observe();
    await seen("stale");
    expect(observe()).toEqual({ freshness: "stale", value: [one], since: readAt });
    list = () => Promise.resolve([one]);
    await facts.refresh(cluster());
    expect(observe()).toEqual({ freshness: "fresh", value: [one] });
    expect(changes).toHaveLength(3);
  });

  it("are unknown, and not none, when their directory could never be read", async () => {
    list = () => Promise.reject(gone);
    await facts.refresh(cluster());
    expect(observe()).toEqual({ freshness: "unknown", reason: "not mounted" });
  });

  it("are unknown again when the spec names another directory", async () => {
    await facts.refresh(cluster());
    expect(facts.observe(cluster("/srv/backup"))).toMatchObject({ freshness: "unknown" });
  });

  it("are those after a change of ours, even when a reading was under way before it", async () => {
    let answer: (snapshots: readonly SnapshotInfo[]) => void = () => undefined;
    list = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    observe();
    const refreshed = facts.refresh(cluster());
    list = () => Promise.resolve([one, two]);
    answer([one]);
    await refreshed;
    expect(observe()).toEqual({ freshness: "fresh", value: [one, two] });
  });

  it("are not waited for when the directory does not answer, and it is asked only once", async () => {
    await facts.refresh(cluster());
    vi.useFakeTimers();
    try {
      let answer: (snapshots: readonly SnapshotInfo[]) => void = () => undefined;
      list = () =>
        new Promise((resolve) => {
          answer = resolve;
        });
      const first = facts.refresh(cluster());
      await vi.advanceTimersByTimeAsync(10_000);
      await first;
      expect(observe()).toMatchObject({ freshness: "stale", value: [one] });
      const second = facts.refresh(cluster());
      await vi.advanceTimersByTimeAsync(10_000);
      await second;
      pass(60_000);
      observe();
      expect(reads).toBe(2);
      answer([two]);
      list = () => Promise.resolve([two]);
      await vi.advanceTimersByTimeAsync(0);
      await facts.refresh(cluster());
      expect(observe()).toEqual({ freshness: "fresh", value: [two] });
    } finally {
      vi.useRealTimers();
    }
  });
});
