/** A state directory says the lowest format that suffices to read it, and is read by whoever knows that. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, test } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import { RELEASE } from "../../../controller/model/release.ts";
import {
  formatNeededBy,
  STATE_FORMAT,
  whyUnreadable,
} from "../../../controller/model/state-format.ts";
import { openStateDir } from "../../../controller/store/state-dir.ts";
import { sealJson } from "../../../controller/support/files/sealed-json.ts";
import { silentLog } from "../../support/silent-log.ts";

/** Of 0.1.0, which knows no such field; so may any that is added. */
const NEWER = { storage: { shared: { type: "tape" } } };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "state-format-"));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function memory(name: string, written: object): ClusterMemory {
  return {
    uid: "0a1b2c3d",
    cluster: { metadata: { namespace: "default", name }, written },
    slots: [],
  } as unknown as ClusterMemory;
}

const onDisk = async () =>
  JSON.parse(await readFile(join(directory, "version.json"), "utf8")) as {
    readonly version: number;
    readonly needs?: readonly string[];
  };

async function withState<T>(
  work: (memories: Awaited<ReturnType<typeof openStateDir>>["memories"]) => Promise<T>,
): Promise<T> {
  const state = await openStateDir(directory, { log: silentLog });
  try {
    return await work(state.memories);
  } finally {
    await state.close();
  }
}

it("is the format of the release before for as long as nothing needs more", async () => {
  await withState(async (memories) => {
    await memories.loadAll();
    await memories.save("default/a", memory("a", { replicas: 5 }));
  });
  expect(await onDisk()).toMatchObject({ version: 2, needs: [] });
});

it("rises before what needs it is stored, says what that is, and falls when it is gone", async () => {
  await withState(async (memories) => {
    await memories.loadAll();
    await memories.save("default/a", memory("a", {}));
    await memories.save("default/b", memory("b", NEWER));
    expect(await onDisk()).toMatchObject({
      version: 3,
      needs: ["default/b (spec.storage.shared.type)"],
    });
    await memories.save("default/b", memory("b", {}));
    expect(await onDisk()).toMatchObject({ version: 2, needs: [] });
    await memories.save("default/b", memory("b", NEWER));
    await memories.remove("default/b");
    expect(await onDisk()).toMatchObject({ version: 2, needs: [] });
  });
});

it("does not fall before all that is stored was read", async () => {
  await withState(async (memories) => {
    await memories.loadAll();
    await memories.save("default/b", memory("b", NEWER));
  });
  await withState((memories) => memories.save("default/a", memory("a", {})));
  expect((await onDisk()).version).toBe(3);
  await withState((memories) => memories.loadAll());
  expect((await onDisk()).version).toBe(3);
});

it("stays as it was when the format cannot be raised: nothing is stored that others would misread", async () => {
  await withState(async (memories) => {
    await memories.loadAll();
    await memories.save("default/b", memory("b", {}));
    // A directory where the file should be: it cannot be written.
    await rm(join(directory, "version.json"));
    await mkdir(join(directory, "version.json", "in-the-way"), { recursive: true });
    await expect(memories.save("default/b", memory("b", NEWER))).rejects.toMatchObject({
      code: ERROR_CODES.STATE_UNWRITABLE,
    });
    expect((await memories.loadAll()).get("default/b")).toEqual(memory("b", {}));
  });
});

it("rises while the state is kept elsewhere, for 0.1.0 knows no mark of a move", async () => {
  const mark = {
    moveId: "m",
    termsBefore: 0,
    other: "etcd://site/prefix",
    at: "2026-01-01T00:00:00.000Z",
  };
  const opened = () => openStateDir(directory, { log: silentLog, evenMoved: true });
  const left = await opened();
  await left.setMoveMark({ ...mark, phase: "moved" });
  await left.close();
  expect(await onDisk()).toMatchObject({ version: 3, needs: ["kept at etcd://site/prefix"] });
  const back = await opened();
  await back.setMoveMark({ ...mark, phase: "arriving" });
  await back.memories.loadAll();
  await back.memories.save("default/a", memory("a", {}));
  expect((await onDisk()).version).toBe(3);
  await back.setMoveMark({ ...mark, phase: "arrived" });
  await back.close();
  expect(await onDisk()).toMatchObject({ version: 2, needs: [] });
});

it("of a later release is refused, with what needs it and what to do", async () => {
  const record = { version: STATE_FORMAT + 1, release: "9.9.0", needs: ["default/b (spec.tape)"] };
  await writeFile(join(directory, "version.json"), sealJson(record));
  await expect(withState(async () => undefined)).rejects.toMatchObject({
    code: ERROR_CODES.STATE_VERSION,
    message:
      `${directory} can't be used. It is of format ${STATE_FORMAT + 1}, written by release 9.9.0; ` +
      `release ${RELEASE} reads 1 to ${STATE_FORMAT}. What needs it: default/b (spec.tape). Run that ` +
      "release; or take this out of the spec with that release running, which then writes the older " +
      "format by itself, and start this one again. Or choose another place for the state.",
  });
  expect(await onDisk()).toMatchObject(record);
});

test.each<[string, unknown, RegExp | null]>([
  ["nothing yet", null, null],
  ["of 0.1.0, which says no release", { version: 2 }, null],
  ["of before 0.1.0", { version: 1 }, null],
  ["with more in it than is known here", { version: 2, more: true }, null],
  [
    "newer, of a release that says no needs",
    { version: 4 },
    /by another release.*Run that release\.$/,
  ],
  ["no number", { version: "2" }, /format "2"/],
  ["no record", [], /format undefined/],
])("a format record %s", (_, value, why) => {
  const said = whyUnreadable(value);
  if (why === null) expect(said).toBeNull();
  else expect(said).toMatch(why);
});

test.each<[string, object | undefined, number]>([
  ["is all defaults", {}, 2],
  ["was stored before documents were", undefined, 2],
  ["has what 0.1.0 knows", { replicas: 3, storage: { shared: { type: "volume" } } }, 2],
  ["has a field that 0.1.0 does not know", { novelty: true }, 3],
  ["has a value that 0.1.0 does not know", NEWER, 3],
])("a cluster whose document %s", (_, written, format) => {
  expect(formatNeededBy(memory("a", written as object)).format).toBe(format);
});
