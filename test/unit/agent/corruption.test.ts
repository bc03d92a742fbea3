import { describe, expect, test } from "vitest";
import { isCorruption } from "../../../agent-image/agent/etcd/corruption.ts";
import { parseLogLine } from "../../../agent-image/agent/etcd/log-line.ts";

const panic = (msg: string, error?: string) =>
  JSON.stringify({ level: "panic", ts: "2026-11-25T03:15:18.9Z", msg, error });
const fatal = (msg: string, error: string) =>
  JSON.stringify({ level: "fatal", ts: "2026-11-25T03:15:18.9Z", msg, error });

function tellsCorruption(line: string): boolean {
  const event = parseLogLine(line, 0)?.event;
  expect(event?.type).toBe("fatal");
  return event?.type === "fatal" && isCorruption(event.message);
}

/** Last words of etcd 3.5.16 after its files were damaged as the sentence says. */
describe("etcd's last words tell that its data is broken", () => {
  test.each([
    ["a byte of the log flipped", fatal("discovery failed", "walpb: crc mismatch")],
    ["the log all zeros", "panic: cannot use none as id"],
    [
      "the log's end lost",
      panic(
        "tocommit(809) is out of range [lastIndex(408)]. Was the raft log corrupted, truncated, or lost?",
      ),
    ],
    ["both meta pages broken", panic("failed to open database", "invalid database")],
    [
      "the database gone",
      panic(
        "failed to recover v3 backend from snapshot",
        "failed to find database snapshot file (snap: snapshot file doesn't exist)",
      ),
    ],
    [
      "a page overwritten",
      "panic: assertion failed: Page expected to be: 484, but self identifies as 0",
    ],
    [
      "a page's type overwritten",
      "panic: assertion failed: page 3210: has unexpected type/flags: fffd",
    ],
    [
      "keys overwritten",
      "panic: freepages: failed to get all reachable pages (key[10]=(hex) on leaf page(3210) needs …",
    ],
    ["the database cut", "unexpected fault address 0x7f152cc8a000"],
  ])("%s", (_, line) => {
    expect(tellsCorruption(line)).toBe(true);
  });
});

describe("what a restart may mend is no corruption", () => {
  test.each([
    [
      "an address in use",
      fatal("discovery failed", "listen tcp 172.31.20.10:2380: bind: address already in use"),
    ],
    [
      "a full disk",
      fatal("failed to read WAL, cannot be repaired", "fallocate: no space left on device"),
    ],
    ["a database in use", panic("failed to open database", "timeout")],
    ["a crash of another kind", "fatal error: all goroutines are asleep - deadlock!"],
  ])("%s", (_, line) => {
    expect(tellsCorruption(line)).toBe(false);
  });
});
