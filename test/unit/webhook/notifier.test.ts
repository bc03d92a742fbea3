/** Deliveries to a receiver that behaves as the test says, in virtual time. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ConditionChange } from "../../../controller/model/condition-change.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Delivery, Outcome } from "../../../controller/webhook/delivery.ts";
import { DELIVERY_MS_MAX, Notifier } from "../../../controller/webhook/notifier.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { fakeMemory, T0 } from "../../support/planner/fixtures.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

let clock: ManualClock;
/** By so much somebody has set it. */
let setForwardMs: number;
let attempts: Delivery[];
/** What the receiver says to each, by sequence; else it takes it. */
let answers: Map<number, Outcome[]>;
let counts: Record<string, number>;
let remembered: number[];
/** Whether, and when, that is durable. */
let remember: () => Promise<void>;
let notifier: Notifier;

const FAILED: Outcome = { is: "failed", why: "it answered 500" };

function start(): Notifier {
  return new Notifier({
    deliverer: {
      attempt: (delivery) => {
        attempts.push(delivery);
        const next = answers.get(delivery.change.sequence)?.shift();
        return Promise.resolve(next ?? { is: "delivered" });
      },
      close: () => Promise.resolve(),
    },
    clock,
    monotonicMs: () => clock.now() - setForwardMs,
    log: silentLog,
    counted: (outcome, count) => {
      counts[outcome] = (counts[outcome] ?? 0) + count;
    },
    remember: (_, sequence) => {
      remembered.push(sequence);
      return remember();
    },
  });
}

beforeEach(() => {
  clock = new ManualClock(T0);
  setForwardMs = 0;
  attempts = [];
  answers = new Map();
  counts = {};
  remembered = [];
  remember = () => Promise.resolve();
  notifier = start();
});

function change(sequence: number, at = T0): ConditionChange {
  const told = { condition: "Ready", from: "True", to: "False", reason: "R", message: "" } as const;
  return { sequence, at, ...told };
}

function memory(sequences: readonly number[], notified: number | null): ClusterMemory {
  const conditionChanges = sequences.map((sequence) => change(sequence, clock.now()));
  return { ...fakeMemory(), conditionChanges, notified };
}

const sent = () => attempts.map((delivery) => delivery.change.sequence);
const sentAre = (wanted: readonly number[]) =>
  until(`${wanted.join(", ")} are sent`, () => sent().length === wanted.length).then(() =>
    expect(sent()).toEqual(wanted),
  );

describe("changes", () => {
  it("are delivered once each, in order, and remembered", async () => {
    notifier.look(memory([1, 2, 3], 0));
    await sentAre([1, 2, 3]);
    notifier.look(memory([1, 2, 3, 4], 0));
    await sentAre([1, 2, 3, 4]);
    expect(remembered.at(-1)).toBe(4);
    expect(counts).toEqual({ delivered: 4 });
  });

  it("from before there was a webhook are told to nobody", async () => {
    notifier.look(memory([7, 8], null));
    notifier.look(memory([7, 8, 9], 8));
    await sentAre([9]);
    expect([remembered[0], remembered.at(-1)]).toEqual([8, 9]);
  });

  it("of two controllers bear one id, so that the receiver knows it again", async () => {
    const same = memory([1], 0);
    notifier.look(same);
    start().look(same);
    await sentAre([1, 1]);
    expect(new Set(attempts.map(({ id }) => id)).size).toBe(1);
  });

  it("wait behind one that fails, which is tried again ever more rarely", async () => {
    answers.set(1, [FAILED, FAILED, FAILED]);
    notifier.look(memory([1, 2], 0));
    const at: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      await until("it was tried", () => counts["failed"] === attempt);
      at.push(clock.now() - T0);
      // News do not hurry it.
      notifier.look(memory([1, 2, 3], 0));
      await new Promise((resolve) => setImmediate(resolve));
      clock.next();
    }
    await sentAre([1, 1, 1, 1, 2, 3]);
    expect(at).toEqual([0, 1_000, 3_000]);
    expect(counts).toEqual({ failed: 3, delivered: 3 });
  });

  it("are given up an hour after they were seen", async () => {
    answers.set(1, Array(100).fill(FAILED));
    notifier.look(memory([1], 0));
    for (let attempt = 1; counts["expired"] === undefined; attempt++) {
      await until("it was tried", () => (counts["failed"] ?? 0) >= attempt || "expired" in counts);
      clock.next();
    }
    expect(clock.now() - T0).toBeGreaterThanOrEqual(DELIVERY_MS_MAX);
    expect(attempts.length).toBeLessThan(25);
    notifier.look(memory([1, 2], 0));
    await until("the next is delivered", () => counts["delivered"] === 1);
    expect(remembered.at(-1)).toBe(2);
  });

  it("that the receiver refuses are not tried again", async () => {
    answers.set(1, [{ is: "refused", why: "it answered 400" }]);
    notifier.look(memory([1, 2], 0));
    await sentAre([1, 2]);
    expect(counts).toEqual({ refused: 1, delivered: 1 });
  });

  it("are sent no more to one that is gone", async () => {
    answers.set(1, [{ is: "gone", why: "it answered 410" }]);
    notifier.look(memory([1, 2, 3], 0));
    await until("all are done with", () => remembered.at(-1) === 3);
    expect([sent(), counts]).toEqual([[1], { gone: 3 }]);
  });

  it("are tried again in time though the clock was set back", async () => {
    answers.set(1, [FAILED]);
    notifier.look(memory([1], 0));
    await until("it has failed", () => counts["failed"] === 1);
    clock.setBack(3_600_000);
    notifier.look(memory([1, 2], 0));
    await sentAre([1, 1, 2]);
  });

  it("are not given up because the clock was set forward", async () => {
    answers.set(1, [FAILED]);
    notifier.look(memory([1, 2], 0));
    await until("it has failed", () => counts["failed"] === 1);
    setForwardMs = DELIVERY_MS_MAX;
    clock.setBack(-setForwardMs);
    clock.next();
    await sentAre([1, 1, 2]);
    expect(counts).toEqual({ failed: 1, delivered: 2 });
  });

  it("that were seen an hour before this controller began are given up", async () => {
    const { conditionChanges, ...rest } = memory([1], 0);
    clock.setBack(-DELIVERY_MS_MAX);
    notifier.look({ ...rest, conditionChanges });
    await until("it is given up", () => counts["expired"] === 1);
    expect(sent()).toEqual([]);
  });

  it("of a deleted cluster are not remembered with the one that comes under its name", async () => {
    const answer: ((error?: OperationError) => void)[] = [];
    remember = () =>
      new Promise((done, refuse) => {
        answer.push((error) => (error === undefined ? done() : refuse(error)));
      });
    notifier.look(memory([40, 41], 39));
    await sentAre([40, 41]);
    notifier.forget("default/demo");
    answer[0]?.(new OperationError(ERROR_CODES.NOT_FOUND, "ask", "it is deleted"));
    await new Promise((resolve) => setImmediate(resolve));
    notifier.look({ ...memory([1], 0), uid: "another" });
    await sentAre([40, 41, 1]);
    await until("the new one's is remembered", () => remembered.length > 1);
    expect(remembered).toEqual([40, 1]);
  });

  it("that were too many, or of a cluster that is deleted, are counted", async () => {
    notifier.look(memory([5], 1));
    await sentAre([5]);
    expect(counts).toEqual({ dropped: 3, delivered: 1 });
    answers.set(6, [FAILED]);
    notifier.look(memory([5, 6, 7], 5));
    await until("it has failed", () => counts["failed"] === 1);
    notifier.forget("default/demo");
    expect(counts).toMatchObject({ dropped: 5 });
  });
});
