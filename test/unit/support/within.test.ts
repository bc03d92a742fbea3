import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../controller/support/clock.ts";
import { atMost, within } from "../../../controller/support/within.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const never = new Promise<never>(() => undefined);

describe("within", () => {
  it("gives what the work gives, and leaves no timer", async () => {
    expect(await within(1000, "Reading", Promise.resolve(7))).toBe(7);
    await expect(within(1000, "Reading", Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("gives up when the time is over, and says what has not ended", async () => {
    const late = within(1500, "Reading", never);
    const settled = expect(late).rejects.toMatchObject({
      code: "ERR_TIMEOUT",
      message: "Reading has not ended within 1.5 s.",
    });
    await vi.advanceTimersByTimeAsync(1499);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await settled;
  });
});

describe("atMost", () => {
  it("waits for the work or for the time, whichever is over first", async () => {
    await atMost(systemClock, 1000, Promise.resolve());
    expect(vi.getTimerCount()).toBe(0);
    const waiting = atMost(systemClock, 1000, never);
    await vi.advanceTimersByTimeAsync(1000);
    await waiting;
  });
});
