import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SnapshotStage } from "../../../agent-image/agent/snapshot/snapshot-stage.ts";
import { nodeFiles } from "../../../agent-image/agent/system/node-files.ts";
import { nodeProcesses } from "../../../agent-image/agent/system/node-processes.ts";
import { bodyOf } from "../../../agent-image/agent/http/maintenance-routes.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const ports = { files: nodeFiles, processes: nodeProcesses };
const [OLD, NEW] = ["ab", "cd"].map((byte) => byte.repeat(32)) as [string, string];

let directory: string;
let told: (SnapshotRef | null)[];
let stage: SnapshotStage;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "stage-"));
  told = [];
  stage = new SnapshotStage(ports, join(directory, "restore"), (ref) => told.push(ref));
});

afterEach(() => rm(directory, { recursive: true }));

async function leave(name: string, secondsAgo: number): Promise<void> {
  const path = join(directory, "restore", name);
  await mkdir(join(directory, "restore"), { recursive: true });
  await writeFile(path, "database");
  const at = Date.now() / 1000 - secondsAgo;
  await utimes(path, at, at);
}

describe("the snapshot that was handed over", () => {
  test("is none at first", async () => {
    await stage.load(owner);
    expect(told).toEqual([null]);
  });

  test("is known to a new agent; what was left half done goes", async () => {
    await leave(`r41-${OLD}.db`, 60);
    await leave(`r42-${NEW}.db`, 10);
    await leave("incoming", 0);
    await stage.load(owner);
    expect(told).toEqual([{ revision: 42, sha256: NEW }]);
    expect(await readdir(join(directory, "restore"))).toEqual([`r42-${NEW}.db`]);
  });

  test("goes when it has served", async () => {
    await leave(`r42-${NEW}.db`, 10);
    await stage.load(owner);
    await stage.clear();
    expect(told.at(-1)).toBeNull();
    expect(await readdir(join(directory, "restore"))).toEqual([]);
  });

  test.each([
    ["is not what its sender says", "x", NEW, /the body's SHA-256 is/],
    ["is too short to be one", "x", null, /1 bytes are no snapshot/],
    ["has been changed", "x".repeat(5_000), null, /not that of the database/],
  ])("stays the one before when the next %s", async (_, body, sum, message) => {
    await leave(`r41-${OLD}.db`, 60);
    await stage.load(owner);
    const sha256 = sum ?? createHash("sha256").update(body).digest("hex");
    const received = stage.receive(Readable.from([Buffer.from(body)]), sha256);
    await expect(received).rejects.toThrow(message);
    expect(told).toEqual([{ revision: 41, sha256: OLD }]);
    expect(await readdir(join(directory, "restore"))).toEqual([`r41-${OLD}.db`]);
  });

  test("does not wait for a sender that has given up", async () => {
    await stage.load(owner);
    const hanging = new Readable({ read: () => undefined });
    const client = new AbortController();
    const received = stage.receive(bodyOf(hanging, client.signal), NEW);
    client.abort(new Error("the client has hung up"));
    await expect(received).rejects.toThrow("hung up");
    expect(await readdir(join(directory, "restore"))).toEqual([]);
  });
});
