import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { ClusterSnapshots, SnapshotContent } from "../../../controller/model/ports.ts";
import type { SnapshotInfo } from "../../../controller/model/snapshot.ts";
import { SnapshotStore } from "../../../controller/store/snapshots/snapshot-store.ts";
import {
  bytesOf,
  factsOf,
  inPieces,
  snapshotBytes,
} from "../../support/snapshots/snapshot-content.ts";
import { silentLog } from "../../support/silent-log.ts";

const NOON = Date.parse("2026-11-25T12:00:00.123Z");
const MINUTE = 60_000;

let root: string;
let warnings: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "snapshots-test-"));
  warnings = [];
});
afterEach(() => rm(root, { recursive: true }));

/** As a controller that has just started would see it. */
function open(directory: string | null = null, namespace = "default", name = "lab") {
  const warn = (facts: object) => warnings.push(JSON.stringify(facts));
  const store = new SnapshotStore(join(root, "state"), { ...silentLog, warn });
  const cluster = { metadata: { namespace, name }, spec: { etcd: { snapshots: { directory } } } };
  return store.of(cluster as unknown as CompiledCluster);
}

function save(snapshots: ClusterSnapshots, at = NOON, bytes = snapshotBytes()) {
  return snapshots.save(at, factsOf(bytes), inPieces(bytes, 100));
}

const place = (...below: string[]) => join(root, "state", "default", "lab", ...below);
const ids = (list: readonly SnapshotInfo[]) => list.map(({ id }) => id);

describe("a snapshot that is saved", () => {
  it("is there for the next controller, with all that is known of it", async () => {
    const bytes = snapshotBytes(5);
    const saved = await save(open(), NOON, bytes);
    expect(saved).toEqual({
      ...factsOf(bytes),
      id: "20261125T120000123Z-r42",
      takenAt: "2026-11-25T12:00:00.123Z",
      sizeBytes: 5 * 512 + 32,
    });
    expect(await open().list()).toEqual([saved]);
    expect(await bytesOf(await open().openVerified(saved))).toEqual(bytes);
  });

  it("is for the controller's own user only", async () => {
    await save(open());
    for (const name of await readdir(root, { recursive: true })) {
      const found = await stat(join(root, name));
      expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it("is listed after those that are older, whatever order they came in", async () => {
    const snapshots = open();
    const [late, early, middle] = [9, 1, 5].map((minute) => NOON + minute * MINUTE);
    for (const at of [late, early, middle]) await save(snapshots, at);
    const times = (await snapshots.list()).map(({ takenAt }) => Date.parse(takenAt));
    expect(times).toEqual([early, middle, late]);
  });

  it("never meets that of another cluster", async () => {
    const names = [
      ["default", "lab"],
      ["default", "lab/x"],
      ["default/lab", "x"],
      ["..", "lab"],
      ["a".repeat(300), "lab"],
      ["a".repeat(301), "lab"],
    ] as const;
    for (const [i, name] of names.entries()) await save(open(null, ...name), NOON + i);
    for (const [i, name] of names.entries()) {
      const list = await open(null, ...name).list();
      expect(list.map(({ takenAt }) => Date.parse(takenAt))).toEqual([NOON + i]);
    }
    expect(await readdir(root)).toEqual(["state"]);
  });

  it("can be removed, once and again", async () => {
    const snapshots = open();
    const first = await save(snapshots);
    const second = await save(snapshots, NOON + MINUTE);
    await snapshots.remove([first]);
    await snapshots.remove([first]);
    expect(await snapshots.list()).toEqual([second]);
    expect((await readdir(place())).toSorted()).toEqual([`${second.id}.db`, `${second.id}.json`]);
    await open(null, "default", "never-saved").remove([first]);
  });
});

describe("a snapshot that is not what it should be", () => {
  const whole = snapshotBytes();
  const flipped = Buffer.from(whole);
  flipped[700] = (flipped[700] ?? 0) ^ 1;

  it.each([
    ["is cut off", whole.subarray(0, 1000), /bytes, which no etcd snapshot has/],
    ["is cut off at a sector", whole.subarray(0, 512 * 2 + 32), /checksum that etcd wrote/],
    ["is empty", Buffer.alloc(0), /0 bytes/],
    ["has nothing but a checksum", whole.subarray(-32), /32 bytes/],
    ["has one wrong bit", flipped, /checksum that etcd wrote/],
  ])("is refused when it %s, and leaves nothing behind", async (_, bytes, message) => {
    const snapshots = open();
    await expect(snapshots.save(NOON, factsOf(bytes), inPieces(bytes))).rejects.toMatchObject({
      code: ERROR_CODES.SNAPSHOT_INVALID,
      message: expect.stringMatching(message),
    });
    expect([await snapshots.list(), await readdir(place())]).toEqual([[], []]);
  });

  it("is refused when it is whole but not the one that the node meant to send", async () => {
    const facts = factsOf(snapshotBytes(3, "another"));
    await expect(open().save(NOON, facts, inPieces(whole))).rejects.toMatchObject({
      code: ERROR_CODES.SNAPSHOT_INVALID,
      message: expect.stringContaining("not what the node sent"),
    });
  });

  it("is not kept when the connection breaks, and the error is that of the connection", async () => {
    const snapshots = open();
    async function* broken(): SnapshotContent {
      yield await Promise.resolve(whole.subarray(0, 512));
      throw new Error("the wire is cut");
    }
    await expect(snapshots.save(NOON, factsOf(whole), broken())).rejects.toThrow("the wire is cut");
    expect(await readdir(place())).toEqual([]);
  });

  it("is not handed out when its file was damaged since, nor listed any more", async () => {
    const snapshots = open();
    const saved = await save(snapshots);
    const other = await save(snapshots, NOON + MINUTE);
    await writeFile(place(`${saved.id}.db`), flipped);
    expect(ids(await snapshots.list())).toEqual([saved.id, other.id]);
    await expect(snapshots.openVerified(saved)).rejects.toMatchObject({
      code: ERROR_CODES.SNAPSHOT_INVALID,
      message: expect.stringContaining(place(`${saved.id}.db`)),
    });
    expect(ids(await snapshots.list())).toEqual([other.id]);
    // From a copy of somebody's.
    await writeFile(place(`${saved.id}.db`), whole);
    expect(ids(await snapshots.list())).toEqual([saved.id, other.id]);
  });

  it.each([
    ["its content is gone", (id: string) => rm(place(`${id}.db`)), "is missing"],
    ["its content was cut", (id: string) => writeFile(place(`${id}.db`), "x"), "1 bytes instead"],
    ["its description is no JSON", (id: string) => writeFile(place(`${id}.json`), "{"), "damaged"],
    [
      "its description is another's",
      async (id: string) => {
        const text = await readFile(place(`${id}.json`), "utf8");
        await writeFile(place(`${id}.json`), text.replace("r42", "r43"));
      },
      "damaged",
    ],
  ])("is not listed when %s, and the log says so once", async (_, harm, told) => {
    const snapshots = open();
    const saved = await save(snapshots);
    const other = await save(snapshots, NOON + MINUTE);
    await harm(saved.id);
    for (let i = 0; i < 3; i += 1) expect(await snapshots.list()).toEqual([other]);
    expect(warnings).toEqual([expect.stringContaining(told)]);
    expect(warnings[0]).toContain(saved.id);
  });
});

describe("what a crash left", () => {
  it("is removed at the next save, whichever step it came after", async () => {
    const kept = await save(open());
    const [half, renamed, removed] = [1, 2, 3].map((n) => `20261125T13000000${n}Z-r50`);
    const tmp = "0123456789ab.tmp";
    await writeFile(place(`${half}.db.${tmp}`), "half");
    await writeFile(place(`${renamed}.db`), snapshotBytes());
    await writeFile(place(`${renamed}.json.${tmp}`), "{}");
    await writeFile(place(`${removed}.json.${tmp}`), "{}");
    expect(await open().list()).toEqual([kept]);
    const next = await save(open(), NOON + MINUTE);
    expect((await readdir(place())).toSorted()).toEqual(
      [kept.id, next.id].flatMap((id) => [`${id}.db`, `${id}.json`]).toSorted(),
    );
  });

  it("is told apart from what people put there", async () => {
    await save(open());
    const theirs = ["20261125T130000001Z-r50.db", "notes.txt", "x.db.0123456789ab.tmp"];
    for (const name of theirs) await writeFile(place(name), "");
    await save(open(), NOON + MINUTE);
    expect(await readdir(place())).toEqual(expect.arrayContaining(theirs));
    expect(await open().list()).toHaveLength(2);
  });

  it("is told apart from what is being written now", async () => {
    const snapshots = open();
    const bytes = snapshotBytes();
    let goOn: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* slow(): SnapshotContent {
      yield bytes.subarray(0, 512);
      await paused;
      yield bytes.subarray(512);
    }
    const first = snapshots.save(NOON, factsOf(bytes), slow());
    await save(snapshots, NOON + MINUTE);
    goOn();
    await first;
    expect(await snapshots.list()).toHaveLength(2);
  });
});

describe("the directory", () => {
  it("may be anywhere, and two clusters may share it", async () => {
    const elsewhere = join(root, "srv", "backup");
    const saved = await save(open(elsewhere));
    await save(open(elsewhere, "default", "other"), NOON + MINUTE);
    expect(await open(elsewhere).list()).toEqual([saved]);
    expect(await open().list()).toEqual([]);
    expect(await readdir(join(elsewhere, "default", "lab"))).toContain(`${saved.id}.db`);
  });

  it("is missed when it has held snapshots, so that an unmounted disk is no empty one", async () => {
    const elsewhere = join(root, "mnt");
    const saved = await save(open(elsewhere));
    await rename(elsewhere, join(root, "unplugged"));
    await mkdir(elsewhere);
    const missing = {
      code: ERROR_CODES.SNAPSHOT_FAILED,
      message: expect.stringMatching(/mnt\/default\/lab has held snapshots.*Mount its disk/),
    };
    await expect(open(elsewhere).list()).rejects.toMatchObject(missing);
    await expect(save(open(elsewhere), NOON + MINUTE)).rejects.toMatchObject(missing);
    expect(await readdir(elsewhere)).toEqual([]);
    await rm(elsewhere, { recursive: true });
    await rename(join(root, "unplugged"), elsewhere);
    expect(await open(elsewhere).list()).toEqual([saved]);
  });

  it("may be made again by a person who has lost it", async () => {
    const elsewhere = join(root, "mnt");
    await save(open(elsewhere));
    await rm(elsewhere, { recursive: true });
    await mkdir(join(elsewhere, "default", "lab"), { recursive: true });
    expect(await open(elsewhere).list()).toEqual([]);
    await save(open(elsewhere), NOON + MINUTE);
    expect(await open(elsewhere).list()).toHaveLength(1);
  });

  it("is named, with what to do, when it cannot be used", async () => {
    const inTheWay = join(root, "file");
    await writeFile(inTheWay, "");
    const error = {
      code: ERROR_CODES.SNAPSHOT_FAILED,
      message: expect.stringMatching(/file\/default\/lab: .*etcd\.snapshots\.directory/),
    };
    await expect(save(open(inTheWay))).rejects.toMatchObject(error);
    await expect(open(inTheWay).list()).rejects.toMatchObject(error);
  });
});
