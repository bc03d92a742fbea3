/** Moves between a directory and an etcd in memory, ended at every step of them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryBackend } from "../../../controller/store/directory/directory-backend.ts";
import { EtcdBackend } from "../../../controller/store/etcd/etcd-backend.ts";
import { DirectorySide } from "../../../controller/store/move/directory-side.ts";
import { EtcdSide } from "../../../controller/store/move/etcd-side.ts";
import { type MoveSide, moveState } from "../../../controller/store/move/move-state.ts";
import type { StateBackend, Term } from "../../../controller/store/state-backend.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { silentLog } from "../../support/silent-log.ts";
import {
  loadManagedFiles,
  managedDirectory,
  saveManagedFile,
} from "../../../controller/support/files/managed-files.ts";
import { controllerOn, memoryOf, taskOf } from "../../support/store/fixtures.ts";
import { MemoryEtcd } from "../../support/store/memory-etcd.ts";

const KEY = "default/lab";
const AT = "2026-01-01T00:00:00.000Z";
const never = new AbortController().signal;

type Side = MoveSide & { close(): Promise<void> };
type Place = "directory" | "etcd";

let directory: string;
let etcd: MemoryEtcd;
const terms: Term[] = [];
const backends: StateBackend[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "move-test-"));
  etcd = new MemoryEtcd(systemClock);
});

afterEach(async () => {
  await endAll();
  await rm(directory, { recursive: true });
});

async function endAll(): Promise<void> {
  for (const term of terms.splice(0)) await term.resign();
  for (const backend of backends.splice(0)) await backend.close();
}

function site(prefix: string) {
  return {
    description: `etcd://memory${prefix}`,
    prefix,
    servers: [etcd.connect()],
    ttlSeconds: 10,
    clock: systemClock,
    monotonicMs: () => performance.now(),
    log: silentLog,
  };
}

async function act(place: Place, waits = false): Promise<Term> {
  const common = { masters: "zk://m/mesos", waits, clock: systemClock, log: silentLog };
  const backend =
    place === "directory"
      ? new DirectoryBackend({ ...common, directory })
      : new EtcdBackend({ ...common, ...site("/site") });
  backends.push(backend);
  const term = await backend.campaign(controllerOn("a"), never);
  terms.push(term);
  return term;
}

function open(place: Place): Promise<Side> {
  return place === "directory"
    ? DirectorySide.open(directory, silentLog)
    : EtcdSide.open(site("/site"), controllerOn("mover"));
}

/** @param dying ends the process, so to say, before that many steps that change something */
async function move(from: Place, to: Place, dying = Infinity) {
  const source = await open(from);
  try {
    const target = await open(to);
    try {
      const steps = { left: dying };
      const sides = [mortal(source, steps), mortal(target, steps)] as const;
      return await moveState(...sides, { moveId: `move ${Math.random()}`, at: AT });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Dies in the middle of its last step: what it writes there is written in part. */
function mortal(side: Side, steps: { left: number }): MoveSide {
  const step = () => {
    steps.left -= 1;
    if (steps.left < 0) throw new Error("died");
  };
  return {
    description: side.description,
    term: side.term,
    mark: () => side.mark(),
    load: () => side.load(),
    setMark: async (mark) => {
      step();
      await side.setMark(mark);
    },
    replace: async (contents) => {
      step();
      const [half] = contents.memories;
      if (steps.left === 0 && half !== undefined) {
        await side.replace({ ...contents, memories: new Map([half]), tasks: new Map() });
        throw new Error("died");
      }
      await side.replace(contents);
    },
  };
}

async function fill(place: Place, generation = 1): Promise<void> {
  const { state } = await act(place);
  await state.memories.save(KEY, memoryOf(KEY, generation));
  await state.memories.save("other/lab", memoryOf("other/lab", generation));
  await state.tasks.save(taskOf("default.lab.0.1"));
  await state.saveFrameworkId("framework-1");
  await endAll();
}

async function storedOn(place: Place, generation: number): Promise<void> {
  const { memories, tasks, frameworkId } = (await act(place)).state.stored;
  expect(memories).toEqual(
    new Map([
      [KEY, memoryOf(KEY, generation)],
      ["other/lab", memoryOf("other/lab", generation)],
    ]),
  );
  expect([...tasks.keys()]).toEqual(["default.lab.0.1"]);
  expect(frameworkId).toBe("framework-1");
}

describe.each([
  ["directory", "etcd"],
  ["etcd", "directory"],
] as const)("the state of a %s moved to one of %s", (from, to) => {
  it("is all there, and is not acted on where it was", async () => {
    await fill(from);
    expect(await move(from, to)).toMatchObject({ framework: { masters: "zk://m/mesos" } });
    await storedOn(to, 1);
    await endAll();
    await expect(act(from)).rejects.toMatchObject({ code: "ERR_STATE_MOVED" });
  });

  it("comes back with what has changed meanwhile, and numbers of terms grow all the time", async () => {
    await fill(from);
    const first = (await act(from)).number;
    await endAll();
    await move(from, to);
    const second = (await act(to)).number;
    expect(second).toBeGreaterThan(first);
    await endAll();
    const { state } = await act(to);
    await state.memories.save(KEY, memoryOf(KEY, 2));
    await state.memories.save("other/lab", memoryOf("other/lab", 2));
    await endAll();
    await move(to, from);
    await storedOn(from, 2);
    expect(terms[0]?.number).toBeGreaterThan(second);
    await endAll();
    await expect(act(to)).rejects.toMatchObject({ code: "ERR_STATE_MOVED" });
    // And there again.
    await move(from, to);
    await storedOn(to, 2);
  });

  it.each([0, 1, 2, 3, 4])(
    "is on one side only when it ends before step %i, and goes on",
    async (step) => {
      await fill(from);
      await expect(move(from, to, step)).rejects.toThrow("died");
      const outcomes = await Promise.allSettled([act(from), act(to)]);
      const acting = outcomes.filter(({ status }) => status === "fulfilled");
      await endAll();
      // Where it is whole, or nowhere; a place that is empty may be begun on until the move is.
      expect(acting.length).toBeLessThanOrEqual(step === 0 || step === 1 ? 2 : 1);
      if (step === 0 || step === 1) return;
      await move(from, to);
      await storedOn(to, 1);
      await endAll();
      await expect(act(from)).rejects.toMatchObject({ code: "ERR_STATE_MOVED" });
    },
  );

  it("is moved when the same is said a second time", async () => {
    await fill(from);
    await move(from, to);
    expect(await move(from, to)).toBeNull();
    await storedOn(to, 1);
  });

  it("goes on from the newest state when a controller acted after an interruption", async () => {
    await fill(from);
    await expect(move(from, to, 3)).rejects.toThrow("died");
    await fill(from, 2);
    await move(from, to);
    await storedOn(to, 2);
  });

  it("stays where it is while a controller acts on either side", async () => {
    await fill(from);
    await act(from);
    await expect(move(from, to)).rejects.toMatchObject({ code: "ERR_STATE_LOCKED" });
    await endAll();
    await act(to);
    await expect(move(from, to)).rejects.toMatchObject({ code: "ERR_STATE_LOCKED" });
    await endAll();
    await storedOn(from, 1);
  });

  it("overwrites no other state", async () => {
    await fill(from);
    await fill(to, 7);
    await expect(move(from, to)).rejects.toMatchObject({ code: "ERR_STATE_OCCUPIED" });
    await storedOn(from, 1);
    await endAll();
    await storedOn(to, 7);
  });
});

describe("what came over the API", () => {
  it("goes along with its owners, from files to the store and back", async () => {
    const managed = managedDirectory(directory);
    const [team, more] = ["team", "more"].map((text) => ({ text, owners: [text] }));
    if (team === undefined || more === undefined) throw new Error("two documents");
    await act("directory");
    await saveManagedFile(managed, { namespace: "default", name: "team" }, team);
    await endAll();
    await move("directory", "etcd");
    const { stored, specs } = (await act("etcd")).state;
    expect(stored.specs).toEqual(new Map([["default/team", team]]));
    await specs?.save("default/more", more);
    await specs?.remove("default/team");
    await endAll();
    await move("etcd", "directory");
    expect(await loadManagedFiles(managed)).toEqual(new Map([["default/more", more]]));
  });
});
