import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replaceFile } from "../../../controller/support/files/durable-file.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "durable-file-test-"));
  path = join(directory, "file");
});

afterEach(() => rm(directory, { recursive: true }));

const modeOf = async () => (await stat(path)).mode & 0o777;

describe("replaceFile", () => {
  it("leaves the new content and nothing else", async () => {
    await replaceFile(path, "old");
    await replaceFile(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readdir(directory)).toEqual(["file"]);
  });

  it("gives the mode that is asked for, whatever the umask takes, else the owner's alone", async () => {
    await replaceFile(path, "x");
    expect(await modeOf()).toBe(0o600);
    await replaceFile(path, "x", { mode: 0o666, durable: false });
    expect(await modeOf()).toBe(0o666);
  });

  it("takes the place of what a writer that was ended has left, and follows no link there", async () => {
    const other = join(directory, "other");
    await writeFile(other, "untouched");
    await symlink(other, `${path}.new`);
    await replaceFile(path, "new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readFile(other, "utf8")).toBe("untouched");
  });

  it("that fails keeps the old file, and cleans up", async () => {
    await replaceFile(path, "old");
    const owner = { uid: -5, gid: -5 };
    await expect(replaceFile(path, "new", { owner })).rejects.toThrow(/uid/);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(directory)).toEqual(["file"]);
  });
});
