import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { steadyClock, systemClock } from "../../../controller/support/clock.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a timer of the system's clock", () => {
  it.each([0, 1, 24, 25, 30, 365])("of %i days fires then, once, and not before", (days) => {
    const fired: number[] = [];
    const start = systemClock.now();
    systemClock.after(days * DAY_MS, () => fired.push(systemClock.now() - start));
    vi.advanceTimersByTime(Math.max(0, days * DAY_MS - 1));
    if (days > 0) expect(fired).toEqual([]);
    vi.advanceTimersByTime(400 * DAY_MS);
    expect(fired).toEqual([days * DAY_MS]);
  });

  it.each([1, 24, 26, 51])("is cancelled as well after %i days", (days) => {
    const callback = vi.fn();
    const cancel = systemClock.after(60 * DAY_MS, callback);
    vi.advanceTimersByTime(days * DAY_MS);
    cancel();
    vi.advanceTimersByTime(100 * DAY_MS);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("without an end never fires, and is cancelled like any other", () => {
    const callback = vi.fn();
    const cancel = systemClock.after(Number.POSITIVE_INFINITY, callback);
    vi.advanceTimersByTime(100 * DAY_MS);
    cancel();
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([Number.NaN, -1])("of %d ms is a mistake", (delayMs) => {
    expect(() => systemClock.after(delayMs, () => undefined)).toThrow(/not a delay/);
  });
});

it.each([1, -1])("the steady clock goes on as before when the clock is set by %i hour", (hours) => {
  const begun = steadyClock.now();
  vi.setSystemTime(Date.now() + hours * 3600_000);
  expect(steadyClock.now() - begun).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(steadyClock.now() - begun).toBe(1_000);
});
