/**
 * A damaged state file gives the true value, or the one before it with a warning, or an error that
 * names it; never another identity. Every truncation, and 200 flips of one bit.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ClusterMemory } from "../../controller/model/memory.ts";
import { ERROR_CODES, OperationError } from "../../controller/model/errors.ts";
import type { ObservedTask } from "../../controller/model/observed.ts";
import type { Logger } from "../../controller/model/ports.ts";
import { loadCheckpoint } from "../../controller/mesos-local/master/checkpoint.ts";
import { ClusterMemoryStore } from "../../controller/store/cluster-memory-store.ts";
import { FrameworkStore } from "../../controller/store/framework-store.ts";
import { openStateDir } from "../../controller/store/state-dir.ts";
import { TaskFiles } from "../../controller/store/task-files.ts";
import { sealJson } from "../../controller/support/files/sealed-json.ts";
import { silentLog } from "../support/silent-log.ts";

// Thousands of reads of real files, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const FLIPS = 200;
const KEY = "default/lab";
const MASTERS = "m1:5050,m2:5050,m3:5050";

let directory: string;
let warnings: number;
let log: Logger;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "state-files-"));
  warnings = 0;
  log = { ...silentLog, warn: () => (warnings += 1) };
});

afterEach(() => rm(directory, { recursive: true }));

function* damaged(content: Buffer): Generator<readonly [string, Buffer]> {
  for (let bytes = 0; bytes < content.length; bytes += 1) {
    yield [`the first ${bytes} bytes`, content.subarray(0, bytes)];
  }
  // Spread over the file by a stride that has no divisor in common with its bits.
  const bits = content.length * 8;
  for (let i = 0; i < FLIPS; i += 1) {
    const bit = (i * 7919 + 13) % bits;
    const copy = Buffer.from(content);
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield [`bit ${bit}`, copy];
  }
}

/** @returns how often each outcome came */
async function tryAll(
  file: string,
  read: () => Promise<unknown>,
  isAllowed: (value: unknown, warned: boolean) => boolean,
) {
  const content = await readFile(file);
  const outcomes = { value: 0, corrupt: 0 };
  for (const [what, bytes] of damaged(content)) {
    await writeFile(file, bytes);
    warnings = 0;
    try {
      const value = await read();
      expect([what, value, isAllowed(value, warnings > 0)]).toEqual([what, value, true]);
      outcomes.value += 1;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      expect([what, error.code]).toEqual([what, ERROR_CODES.STATE_CORRUPT]);
      expect(error.message).toContain(file);
      outcomes.corrupt += 1;
    }
  }
  await writeFile(file, content);
  return { ...outcomes, of: content.length + FLIPS };
}

function same(expected: unknown) {
  return (value: unknown) => JSON.stringify(value) === JSON.stringify(expected);
}

describe("a damaged", () => {
  test.each([false, true])("framework.json (its backup lost: %s)", async (isBackupLost) => {
    const file = join(directory, "framework.json");
    const store = new FrameworkStore(file, log);
    await store.save({ frameworkId: null, masters: MASTERS });
    const record = { frameworkId: "0a1b-0001", masters: MASTERS };
    await store.save(record);
    if (isBackupLost) await rm(`${file}.bak`);
    const outcomes = await tryAll(file, () => store.load(), same(record));
    // With its second copy nothing is lost; without, damage is told as what it is.
    if (isBackupLost) expect(outcomes.corrupt).toBeGreaterThan(outcomes.of * 0.9);
    else expect(outcomes).toMatchObject({ value: outcomes.of, corrupt: 0 });
  });

  test("framework.json of one that has just registered, with a backup that knows no id", async () => {
    const file = join(directory, "framework.json");
    const store = new FrameworkStore(file, log);
    await store.save({ frameworkId: null, masters: MASTERS });
    await writeFile(file, sealJson({ frameworkId: "0a1b-0001", masters: MASTERS }));
    const isTrue = same({ frameworkId: "0a1b-0001", masters: MASTERS });
    expect((await tryAll(file, () => store.load(), isTrue)).corrupt).toBeGreaterThan(FLIPS);
  });

  test("version.json", async () => {
    const file = join(directory, "version.json");
    const open = async () => {
      await (await openStateDir(directory, { log })).close();
      return "opened";
    };
    await open();
    const outcomes = await tryAll(file, open, same("opened"));
    expect(outcomes).toMatchObject({ value: outcomes.of, corrupt: 0 });
  });

  test("cluster memory: this one, or the one before it with no launch number used twice", async () => {
    const store = new ClusterMemoryStore(join(directory, "clusters"), log);
    const memory = (generation: number, launches: number) =>
      ({
        uid: "0a1b2c3d",
        generation,
        cluster: { metadata: { namespace: "default", name: "lab" } },
        slots: [{ slot: 0, launches }],
      }) as unknown as ClusterMemory;
    const file = join(directory, "clusters", "default", "lab.json");
    const read = async () => (await store.loadAll()).get(KEY);
    const [current, before] = [same(memory(2, 4)), same(memory(1, 4))];
    await store.save(KEY, memory(1, 3));
    await tryAll(file, read, same(memory(1, 3)));
    await store.save(KEY, memory(2, 4));
    const outcomes = await tryAll(
      file,
      read,
      (value, warned) => current(value) || (before(value) && warned),
    );
    expect(outcomes).toMatchObject({ value: outcomes.of, corrupt: 0 });
  });

  test("task file: what it said, or a warning and Mesos's word", async () => {
    const store = new TaskFiles(join(directory, "tasks"), log);
    const task: ObservedTask = {
      taskId: "default.lab.1.0.0",
      state: "TASK_RUNNING",
      agentId: "agent-0",
      ip: "172.30.0.10",
      container: "mesos-1",
      healthy: null,
      reason: null,
      message: null,
      since: 1,
    };
    await store.save(task);
    const file = join(directory, "tasks", "default.lab.1.0.0.json");
    const read = async () => [...(await store.loadAll()).values()];
    const isTrue = same([task]);
    const outcomes = await tryAll(file, read, (value, warned) =>
      warned ? same([])(value) : isTrue(value),
    );
    expect(outcomes.value).toBe(outcomes.of);
  });

  test("checkpoint of the embedded Mesos", async () => {
    const state = {
      instanceId: "i-1",
      agents: [],
      frameworks: [],
      removedFrameworks: [],
      tasks: [],
    };
    const file = join(directory, "checkpoint.json");
    await writeFile(file, sealJson({ version: 1, ...state }));
    const outcomes = await tryAll(file, () => loadCheckpoint(directory), same(state));
    expect(outcomes.corrupt).toBeGreaterThan(outcomes.of * 0.9);
  });
});
