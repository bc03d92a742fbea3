import { describe, expect, test } from "vitest";
import {
  LASTING_MS,
  LastingErrors,
  whatFollows,
} from "../../../../agent-image/agent/storage/lasting-errors.ts";
import type { ProbeFailure } from "../../../../agent-image/agent/storage/mount-probe.ts";

const fails = (message: string): ProbeFailure => ({ state: "fails", message });
const NOT_CONNECTED = fails("mktemp: /s/x: Transport endpoint is not connected");

/** Looks once a second. @returns the seconds at which it was mounted anew */
function mountedAnewAt(failure: ProbeFailure, seconds: number): readonly number[] {
  const clock = { at: 0, now: () => clock.at };
  const lasting = new LastingErrors(clock);
  const at: number[] = [];
  for (; clock.at <= seconds * 1_000; clock.at += 1_000) {
    if (lasting.dueInMs(failure) === 0) at.push(clock.at / 1_000);
  }
  return at;
}

describe("a mount is mounted anew", () => {
  test("when it has answered with errors for a minute, then less and less often", () => {
    const at = mountedAnewAt(NOT_CONNECTED, 4_000);
    expect(at).toEqual([60, 181, 422, 903, 1_804, 2_705, 3_606]);
  });

  test.each([
    "mktemp: /s/x: Input/output error",
    "mktemp: /s/x: Read-only file system",
    "mktemp: /s/x: No such file or directory",
  ])("for whatever lasts: %s", (message) => {
    expect(mountedAnewAt(fails(message), 90)).toEqual([60]);
  });

  test.each([
    fails("mktemp: /s/x: Permission denied"),
    fails("mktemp: /s/x: No space left on device"),
    fails("mktemp: /s/x: Disk quota exceeded"),
    fails("admin may not write to /s, which has uid 7"),
    { state: "hangs", forMs: 3_600_000 } as const,
  ])("and not for what a working one says, or while it hangs: %o", (failure) => {
    expect(mountedAnewAt(failure, 1_000)).toEqual([]);
  });

  test("later when it has worked meanwhile, and no later because the clock was set back", () => {
    const clock = { at: 1e9, now: () => clock.at };
    const lasting = new LastingErrors(clock);
    expect(lasting.dueInMs(NOT_CONNECTED)).toBe(LASTING_MS);
    clock.at += LASTING_MS - 1;
    lasting.over();
    expect(lasting.dueInMs(NOT_CONNECTED)).toBe(LASTING_MS);
    clock.at -= 1e8;
    expect(lasting.dueInMs(NOT_CONNECTED)).toBe(LASTING_MS);
    clock.at += LASTING_MS;
    expect(lasting.dueInMs(NOT_CONNECTED)).toBe(0);
  });
});

test("what follows is said in whole minutes, so that a status does not change with each look", () => {
  expect(whatFollows(null)).toBe("");
  expect(whatFollows(0)).toBe("; it is mounted anew");
  expect(whatFollows(59_000)).toBe("; it is mounted anew if that lasts for a minute more");
  expect(whatFollows(60_001)).toBe("; it is mounted anew if that lasts for 2 minutes more");
});
