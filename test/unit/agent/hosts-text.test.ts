import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyHosts } from "../../../agent-image/agent/naming/hosts-file.ts";
import { renderHosts } from "../../../agent-image/agent/naming/hosts-text.ts";
import { nodeFiles } from "../../../agent-image/agent/system/node-files.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";

const DOCKERS = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "172.31.20.10\tnb-slot-0",
  "",
].join("\n");

function table(...slots: readonly number[]): HostsTable {
  const names = slots.map((slot, index) => ({ slot, index, ip: `172.31.20.${10 + slot}` }));
  return { clusterId: "c1", term: 2, leaderSlot: slots[0] ?? 0, names };
}

function namesIn(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [ip = "", ...names] = line.trim().split(/\s+/);
      return names.map((name) => [name, ip]);
    }),
  );
}

describe("text of /etc/hosts", () => {
  test("what was there stays, and both names of each node are added", () => {
    const text = renderHosts(DOCKERS, "nb", table(1, 0));
    expect(text.startsWith(DOCKERS)).toBe(true);
    expect(namesIn(text)).toMatchObject({
      localhost: "::1",
      "nb-0": "172.31.20.11",
      "nb-slot-1": "172.31.20.11",
      "nb-1": "172.31.20.10",
      "nb-slot-0": "172.31.20.10",
    });
  });

  test("another table replaces the block and keeps the length", () => {
    const first = renderHosts(DOCKERS, "nb", table(0, 1, 2));
    const second = renderHosts(first, "nb", table(2, 1));
    expect(second).toHaveLength(first.length);
    expect(namesIn(second)["nb-0"]).toBe("172.31.20.12");
    expect(second).not.toContain("nb-2");
  });

  test("the same table gives the same text", () => {
    const first = renderHosts(DOCKERS, "nb", table(0, 1));
    expect(renderHosts(first, "nb", table(0, 1))).toBe(first);
  });

  test("it never gets shorter than the file is", () => {
    const long = `${DOCKERS}${"10.0.0.1\tsomebody\n".repeat(500)}`;
    const text = renderHosts(long, "nb", table(0));
    expect(text.length).toBeGreaterThan(long.length);
    const cleaned = renderHosts(`${DOCKERS}${" ".repeat(9_000)}\n`, "nb", table(0));
    expect(cleaned).toHaveLength(DOCKERS.length + 9_001);
  });

  test("no line of the padding outgrows a resolver's buffer", () => {
    const text = renderHosts(DOCKERS, "nb", table(0, 1, 2));
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(200);
    expect(text.endsWith("\n")).toBe(true);
  });
});

describe("the file", () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hosts-"));
    path = join(directory, "hosts");
    await writeFile(path, DOCKERS);
  });

  afterEach(() => rm(directory, { recursive: true }));

  test("is written in place: an open reader sees the new names", async () => {
    const reader = await open(path, "r");
    const before = await stat(path);
    expect(await applyHosts(nodeFiles, path, "nb", table(0, 1))).toBe(true);
    expect((await stat(path)).ino).toBe(before.ino);
    expect(namesIn(await reader.readFile("utf8"))["nb-1"]).toBe("172.31.20.11");
    await reader.close();
  });

  test("is left alone when it is right already", async () => {
    await applyHosts(nodeFiles, path, "nb", table(0, 1));
    expect(await applyHosts(nodeFiles, path, "nb", table(0, 1))).toBe(false);
  });

  test("no reader ever misses a name while tables change", async () => {
    await applyHosts(nodeFiles, path, "nb", table(0, 1, 2));
    let missing = 0;
    let done = false;
    const reading = (async () => {
      while (!done) {
        if (!(await readFile(path, "utf8")).includes("nb-0 ")) missing += 1;
      }
    })();
    for (let i = 0; i < 200; i += 1) {
      await applyHosts(nodeFiles, path, "nb", i % 2 === 0 ? table(2, 1, 0) : table(0, 1));
    }
    done = true;
    await reading;
    expect(missing).toBe(0);
  });
});
