import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLogFile } from "../../../controller/cli/machine/log-file.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "jupyter-cluster-log-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("openLogFile", () => {
  it("appends to what is there, for this user only", () => {
    for (const text of ["one\n", "two\n"]) {
      const log = openLogFile(join(dir, "new"));
      log.write(text);
      log.close();
    }
    const path = join(dir, "new", "controller.log");
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it("begins a new file when the old one is full, and keeps one old one", () => {
    const log = openLogFile(dir, 10);
    for (const text of ["first\n", "second\n", "third\n"]) log.write(text);
    log.close();
    expect(readFileSync(join(dir, "controller.log"), "utf8")).toBe("third\n");
    expect(readFileSync(join(dir, "controller.log.1"), "utf8")).toBe("second\n");
  });

  it("says what to do when it can't be written", () => {
    expect(() => openLogFile("/dev/null/state")).toThrow("Give another --state-dir");
  });
});
