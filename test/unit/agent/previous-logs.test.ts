import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepLogsBefore } from "../../../agent-image/agent/unit/previous-logs.ts";
import { withoutTime } from "../../../agent-image/agent/unit/timed-line.ts";
import { UnitLog } from "../../../agent-image/agent/unit/unit-log.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "agent-logs-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("each line has its time, and those before a time are left out", async () => {
  let now = Date.parse("2026-01-02T03:04:05.678Z");
  const log = new UnitLog(join(directory, "etcd.log"), undefined, () => now);
  log.write("early");
  now += 5_000;
  log.write("late");
  await log.flush();
  expect(log.tail(9, now)).toEqual(["2026-01-02T03:04:10.678Z late"]);
  expect(log.tail(9, now + 1)).toEqual([]);
  expect(log.tail(9).map(withoutTime)).toEqual(["early", "late"]);
});

test("what the container before has logged is kept until the next one has logged something", async () => {
  const previous = join(directory, "previous");
  const before = new UnitLog(join(previous, "etcd.log"));
  const log = new UnitLog(join(directory, "etcd.log"));
  log.write("the end");
  await log.flush();
  expect(before.isEmpty).toBe(true);
  keepLogsBefore(directory, previous);
  expect(before.tail(9).map(withoutTime)).toEqual(["the end"]);
  expect(log.tail(9)).toEqual([]);
  keepLogsBefore(directory, previous);
  expect(before.isEmpty).toBe(false);
});

test("a node starts all the same where they cannot be kept, and goes on in them", async () => {
  const file = join(directory, "in-the-way");
  await writeFile(file, "");
  const log = new UnitLog(join(directory, "etcd.log"));
  log.write("the end");
  await log.flush();
  expect(keepLogsBefore(directory, join(file, "previous"))).toContain("ENOTDIR");
  log.write("goes on");
  await log.flush();
  expect(log.tail(9).map(withoutTime)).toEqual(["the end", "goes on"]);
});
