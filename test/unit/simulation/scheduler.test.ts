import { describe, expect, it } from "vitest";
import { ProcessClock } from "../../simulation/engine/process-clock.ts";
import { Scheduler, SIMULATION_START_MS } from "../../simulation/engine/scheduler.ts";
import { Trace } from "../../simulation/engine/trace.ts";

const at = (scheduler: Scheduler) => scheduler.now() - SIMULATION_START_MS;

describe("the scheduler", () => {
  it("lets events happen in the order of their times, and of asking within a millisecond", () => {
    const scheduler = new Scheduler();
    const happened: string[] = [];
    const note = (what: string) => () => happened.push(`${what}@${at(scheduler)}`);
    scheduler.after(20, note("c"));
    scheduler.after(10, note("a"));
    scheduler.after(10, note("b"));
    scheduler.after(10.2, note("rounded up"));
    scheduler.runSync({ untilMs: SIMULATION_START_MS + 15 });
    expect(happened).toEqual(["a@10", "b@10", "rounded up@11"]);
    expect(at(scheduler)).toBe(15);
    scheduler.runSync({ untilMs: SIMULATION_START_MS + 20 });
    expect(happened.at(-1)).toBe("c@20");
  });

  it("keeps the order among thousands of events", () => {
    const scheduler = new Scheduler();
    const times: number[] = [];
    for (let i = 0; i < 5_000; i++) {
      scheduler.after((i * 7_919) % 1_000, () => times.push(at(scheduler)));
    }
    scheduler.runSync({ untilMs: SIMULATION_START_MS + 1_000 });
    expect(times).toHaveLength(5_000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it("forgets what is cancelled, also within the event that would be next", () => {
    const scheduler = new Scheduler();
    const happened: string[] = [];
    const cancel = scheduler.after(5, () => happened.push("cancelled"));
    scheduler.after(5, () => happened.push("kept"));
    const cancelLater = scheduler.after(6, () => happened.push("cancelled later"));
    scheduler.after(5, () => cancelLater());
    cancel();
    scheduler.runSync({ untilMs: SIMULATION_START_MS + 10 });
    expect(happened).toEqual(["kept"]);
    expect(scheduler.events).toBe(2);
  });

  it("refuses a delay that is none, and a run that goes wild", () => {
    const scheduler = new Scheduler();
    expect(() => scheduler.after(-1, () => undefined)).toThrow("not a delay: -1 ms");
    expect(() => scheduler.after(Number.NaN, () => undefined)).toThrow("not a delay");
    const again = () => void scheduler.after(0, again);
    again();
    expect(() => scheduler.runSync({ untilMs: Infinity, eventsMax: 100 })).toThrow("100 events");
  });

  it("lets all that an event sets off through promises happen before the next event", async () => {
    const scheduler = new Scheduler();
    const happened: string[] = [];
    const deep = async (depth: number): Promise<void> => {
      if (depth > 0) await deep(depth - 1);
      await Promise.resolve();
    };
    const sleep = (ms: number) =>
      new Promise<void>((resolve) => {
        scheduler.after(ms, resolve);
      });
    const process = async (name: string) => {
      for (let round = 1; round <= 2; round++) {
        await sleep(10);
        await deep(30);
        happened.push(`${name}${round}@${at(scheduler)}`);
      }
    };
    void process("a");
    void process("b");
    await scheduler.run({ untilMs: SIMULATION_START_MS + 100 });
    expect(happened).toEqual(["a1@10", "b1@10", "a2@20", "b2@20"]);
  });

  it("asks after each event whether to go on", async () => {
    const scheduler = new Scheduler();
    for (let i = 1; i <= 5; i++) scheduler.after(i, () => undefined);
    await scheduler.run({ untilMs: Infinity, afterEach: () => scheduler.events === 3 });
    expect(at(scheduler)).toBe(3);
  });
});

describe("the clock of a process", () => {
  it("jumps without moving its timers", () => {
    const scheduler = new Scheduler();
    const clock = new ProcessClock(scheduler);
    let fired = false;
    clock.after(10, () => {
      fired = true;
    });
    clock.jump(-3_600_000);
    expect(clock.now()).toBe(SIMULATION_START_MS - 3_600_000);
    scheduler.runSync({ untilMs: SIMULATION_START_MS + 10 });
    expect(fired).toBe(true);
  });

  it("holds back what comes due while the process is stopped, and drops what is cancelled", () => {
    const scheduler = new Scheduler();
    const clock = new ProcessClock(scheduler);
    const happened: string[] = [];
    clock.after(10, () => happened.push("late"));
    const cancel = clock.after(10, () => happened.push("cancelled"));
    clock.pause();
    scheduler.runSync({ untilMs: SIMULATION_START_MS + 50 });
    expect(happened).toEqual([]);
    cancel();
    clock.resume();
    expect(happened).toEqual(["late"]);
  });

  it("calls nobody any more once the process has ended", () => {
    const scheduler = new Scheduler();
    const clock = new ProcessClock(scheduler);
    let fired = false;
    clock.after(10, () => {
      fired = true;
    });
    clock.end();
    scheduler.runSync({ untilMs: SIMULATION_START_MS + 50 });
    expect(fired).toBe(false);
  });
});

describe("the trace", () => {
  it("has another hash after any difference: a time, a part, their order, their borders", () => {
    const hashOf = (...lines: readonly (readonly (string | number)[])[]) => {
      const trace = new Trace();
      for (const line of lines) trace.add(...line);
      return trace.hash();
    };
    const different = [
      hashOf(["a", "b"], ["c"]),
      hashOf(["a", "c"], ["b"]),
      hashOf(["ab"], ["c"]),
      hashOf(["a", "b"], ["c"], ["c"]),
      hashOf(["a", "b"], [1]),
      hashOf(["a", "b"], [2 ** 40 + 1]),
    ];
    expect(new Set(different).size).toBe(different.length);
    expect(hashOf(["a", "b"], ["c"])).toBe(different[0]);
  });

  it("keeps the last lines for whoever asks, and the same hash whether kept or not", () => {
    const kept = new Trace(2);
    const bare = new Trace();
    for (const trace of [kept, bare]) {
      trace.now = SIMULATION_START_MS + 1_500;
      for (const n of [1, 2, 3, 4, 5, 6]) trace.add("line", n);
    }
    expect(kept.tail()).toEqual(["00:00:01.500 line 5", "00:00:01.500 line 6"]);
    expect(bare.tail()).toEqual([]);
    expect(kept.hash()).toBe(bare.hash());
    expect(kept.length).toBe(6);
  });
});
