/**
 * Virtual time. Events happen one after the other, at whole milliseconds, those of the same
 * millisecond in the order in which they were asked for. It is the Clock of everything simulated.
 */
import type { Clock } from "../../../controller/model/ports.ts";
import { EventHeap, type TimedEvent } from "./event-heap.ts";
import { settled, yieldToNode } from "./settled.ts";
import type { Trace } from "./trace.ts";

/** 2026-01-01T00:00:00Z, in milliseconds since the epoch. */
export const SIMULATION_START_MS = 1_767_225_600_000;
/** Events after which Node itself gets a turn (a test runner's timeouts, signals). */
const EVENTS_BETWEEN_TURNS = 4_096;

export interface RunLimits {
  /** Milliseconds since the epoch; events at this very time still happen. */
  readonly untilMs: number;
  /** A run with more events is one that has gone wild. */
  readonly eventsMax?: number;
  /** After each event, and for asynchronous runs after all that it set off. True ends the run. */
  readonly afterEach?: () => boolean | void;
}

export class Scheduler implements Clock {
  private readonly heap = new EventHeap();
  private time: number;
  private nextSequence = 0;
  private happened = 0;

  /** @param trace takes in the time and number of every event */
  constructor(
    private readonly trace: Trace | null = null,
    startMs = SIMULATION_START_MS,
  ) {
    this.time = startMs;
    if (trace !== null) trace.now = startMs;
  }

  now(): number {
    return this.time;
  }

  /** @param delayMs rounded up to whole milliseconds, as Node's own timers never fire early */
  after(delayMs: number, callback: () => void): () => void {
    if (!(delayMs >= 0)) throw new RangeError(`not a delay: ${delayMs} ms`);
    const at = this.time + Math.ceil(delayMs);
    const event: TimedEvent = { at, sequence: this.nextSequence++, callback };
    this.heap.push(event);
    return () => {
      event.callback = null;
    };
  }

  /** Events so far. */
  get events(): number {
    return this.happened;
  }

  /** Events to come, the cancelled ones among them. */
  get pending(): number {
    return this.heap.size;
  }

  /**
   * Lets the next event happen.
   *
   * @returns false when there is none up to `untilMs`; the time is then unchanged
   */
  step(untilMs = Infinity): boolean {
    for (;;) {
      const next = this.heap.peek();
      if (next === undefined || next.at > untilMs) return false;
      this.heap.pop();
      if (next.callback === null) continue;
      this.happen(next, next.callback);
      return true;
    }
  }

  /** For models that know no promises. */
  runSync(limits: RunLimits): void {
    const { untilMs, afterEach } = limits;
    const eventsMax = this.happened + (limits.eventsMax ?? Infinity);
    while (this.step(untilMs)) {
      if (afterEach?.() === true) return;
      this.refuseBeyond(eventsMax);
    }
    this.advanceTo(untilMs);
  }

  /**
   * For worlds in which asynchronous code runs: all that one event sets off, through any number of
   * promises, has happened before the next event.
   */
  async run(limits: RunLimits): Promise<void> {
    const { untilMs, afterEach } = limits;
    const eventsMax = this.happened + (limits.eventsMax ?? Infinity);
    await yieldToNode();
    await settled();
    while (this.step(untilMs)) {
      await settled();
      if (afterEach?.() === true) return;
      this.refuseBeyond(eventsMax);
      if (this.happened % EVENTS_BETWEEN_TURNS === 0) await yieldToNode();
    }
    this.advanceTo(untilMs);
  }

  private happen(event: TimedEvent, callback: () => void): void {
    this.time = event.at;
    this.happened += 1;
    if (this.trace !== null) {
      this.trace.now = event.at;
      this.trace.mixNumber(event.at);
      this.trace.mixNumber(event.sequence);
    }
    callback();
  }

  private advanceTo(untilMs: number): void {
    if (untilMs === Infinity || untilMs < this.time) return;
    this.time = untilMs;
    if (this.trace !== null) this.trace.now = untilMs;
  }

  private refuseBeyond(eventsMax: number): void {
    if (this.happened > eventsMax) throw new Error(`the run has more than ${eventsMax} events`);
  }
}
