import {
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { SpecWatcher } from "../../../controller/spec-files/spec-watcher.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { withSpec } from "../../support/crd-schema/manifest-text.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

const EXAMPLE = join(import.meta.dirname, "../../../manifests/cluster.yaml");

let directory: string;
let file: string;
let snapshots: SpecSnapshot[];
let watchers: SpecWatcher[];
let example: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "spec-watcher-test-"));
  file = join(directory, "cluster.yaml");
  example = await readFile(EXAMPLE, "utf8");
  snapshots = [];
  watchers = [];
});

afterEach(async () => {
  for (const watcher of watchers) await watcher.stop();
  await rm(directory, { recursive: true });
});

function text(replicas: number): string {
  const changed = example.replace(/replicas: \d+/, `replicas: ${replicas}`);
  expect(changed).toContain(`replicas: ${replicas}`);
  return changed;
}

/** Written long ago, so that a start does not wait for it to rest. */
async function rested(text: string, path = file): Promise<void> {
  await writeFile(path, text);
  for (const each of [path, dirname(path)]) await utimes(each, 1_000, 1_000);
}

async function watch(path: string): Promise<void> {
  const watcher = new SpecWatcher({
    managed: null,
    path,
    clock: systemClock,
    log: silentLog,
    onSnapshot: (snapshot) => snapshots.push(snapshot),
  });
  watchers.push(watcher);
  await watcher.start();
}

const last = () => snapshots.at(-1);
const problems = () => [...(last()?.problems.values() ?? [])].flat();
const replicasOf = (snapshot?: SpecSnapshot) =>
  [...(snapshot?.clusters.values() ?? [])][0]?.spec.replicas;
const replicas = () => replicasOf(last());
const asRead = (snapshot: SpecSnapshot) => JSON.stringify([...snapshot.clusters]);
const isWaiting = ({ message }: { readonly message: string }) => message.includes("has rested");
const untilReplicas = (count: number) =>
  until(`${count} replicas are read`, () => replicas() === count);

describe("SpecWatcher", () => {
  it("hands over the first snapshot before it has started", async () => {
    await rested(text(3));
    await watch(file);
    expect(snapshots).toHaveLength(1);
    expect(replicas()).toBe(3);
    expect([[...(last()?.files ?? [])], problems()]).toEqual([[file], []]);
  });

  it("takes nothing of a file that is written in two halves, with a pause between them", async () => {
    const first = withSpec("replicas: 3\nproxy: {port: 9000}");
    const half = withSpec("replicas: 3");
    const second = withSpec("network: {subnet: 172.29.1.0/24}\nproxy: {port: 9001}", "other");
    await rested(`${first}---\n${second}`);
    await watch(directory);
    expect(last()?.clusters.size).toBe(2);
    const whole = snapshots.map(asRead);
    for (const times of [1, 2]) {
      await writeFile(file, half);
      await until("the half is read", () => problems().some(isWaiting));
      await writeFile(file, `${first}---\n${second}`);
      await until("the whole is read", () => !problems().some(isWaiting));
      expect(snapshots.map(asRead)).toEqual(Array(1 + 2 * times).fill(whole[0]));
    }
    await writeFile(file, half);
    await until("what it says now has rested", () => last()?.clusters.size === 1);
    const [lab] = [...(last()?.clusters.values() ?? [])];
    expect(lab?.spec.proxy.port).not.toBe(9000);
  });

  it("reads an edit in place, and only once when nothing differs", async () => {
    await rested(text(3));
    await watch(directory);
    await writeFile(file, text(3));
    await writeFile(file, text(5));
    await untilReplicas(5);
    expect(snapshots.map((s) => s.clusters.size)).toEqual([1, 1]);
  });

  it("reads an edit by an editor that renames, and never sees the cluster gone", async () => {
    await rested(text(3));
    await watch(file);
    for (const count of [5, 7, 9]) {
      await unlink(file);
      await writeFile(join(directory, ".swap"), text(count));
      await rename(join(directory, ".swap"), file);
      await untilReplicas(count);
    }
    expect(snapshots.filter((s) => s.clusters.size !== 1)).toEqual([]);
  });

  it("reads symlinks that are swapped, as Kubernetes mounts do", async () => {
    for (const [name, count] of [
      ["one", 3],
      ["two", 5],
    ] as const) {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, "cluster.yaml"), text(count));
    }
    await symlink("one", join(directory, "..data"));
    await symlink("..data/cluster.yaml", file);
    await watch(directory);
    expect(replicas()).toBe(3);
    await symlink("two", join(directory, "..next"));
    await rename(join(directory, "..next"), join(directory, "..data"));
    await untilReplicas(5);
  });

  it("tells what is wrong with a file, and that it is well again", async () => {
    await rested(text(3));
    await watch(directory);
    await writeFile(file, `${text(3)}\n  nonsense: [`);
    await until("the problem is told", () => problems().some((p) => p.severity === "error"));
    expect(problems()[0]).toMatchObject({ file, line: expect.any(Number) });
    expect(last()?.clusters.size).toBe(0);
    await writeFile(file, text(5));
    await untilReplicas(5);
    expect(problems()).toEqual([]);
  });

  it("takes a file that stays away for removed, and one that comes for new", async () => {
    await rested(text(3));
    await watch(directory);
    await unlink(file);
    await until("the removal", () => last()?.clusters.size === 0);
    expect(last()?.files.size).toBe(0);
    await writeFile(file, text(5));
    await untilReplicas(5);
  });

  it("takes a named file that stays away for removed as well", async () => {
    await rested(text(3));
    await watch(file);
    await unlink(file);
    await until("the removal", () => last()?.clusters.size === 0);
    expect(problems().filter((p) => p.severity === "error")).toEqual([]);
  });

  it("takes nothing for removed when the whole directory is gone", async () => {
    const specs = join(directory, "specs");
    await mkdir(specs);
    await writeFile(join(specs, "cluster.yaml"), text(3));
    await watch(specs);
    await rename(specs, join(directory, "away"));
    await until("the problem is told", () => problems().some((p) => p.file === specs));
    expect(replicas()).toBe(3);
    await rename(join(directory, "away"), specs);
    await until("it is well again", () => problems().length === 0);
    expect(snapshots.every((s) => s.clusters.size === 1)).toBe(true);
  });

  it("starts in the moment of a save", async () => {
    await Promise.all([watch(file), writeFile(file, text(3))]);
    expect(replicas()).toBe(3);
  });

  it("starts with the whole of a file of which half was just written", async () => {
    const whole = withSpec("replicas: 5\nproxy: {port: 9000}");
    await writeFile(file, withSpec("replicas: 5"));
    const started = watch(file);
    await writeFile(file, whole);
    await started;
    expect(snapshots.map((s) => [...s.clusters.values()][0]?.spec.proxy.port)).toEqual([9000]);
  });

  it("cannot start on a path that is not there", async () => {
    for (const path of [file, join(directory, "none")]) {
      await expect(watch(path)).rejects.toMatchObject({
        code: ERROR_CODES.SPEC_MISSING,
        message: expect.stringContaining(path),
      });
    }
    expect(snapshots).toEqual([]);
  });

  it("reads nothing any more once it is stopped", async () => {
    await rested(text(3));
    await watch(directory);
    await watchers[0]?.stop();
    await writeFile(file, text(5));
    await watch(directory);
    expect(snapshots.map(replicasOf)).toEqual([3, 5]);
  });
});
