/** The page as the build makes it: whole, small, and nothing in it that asks anybody else. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadPage, PAGE_FILES, type PageFiles } from "../../../controller/api/page/page-files.ts";

const ZIPPED_BYTES_MAX = 40 * 1024;
let directory: string;
let files: PageFiles;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "jupyter-cluster-page-"));
  execFileSync(process.execPath, ["controller/page/build.mjs", directory], { stdio: "pipe" });
  files = await loadPage(directory);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("it is whole", () => {
  expect([...files.keys()]).toEqual(PAGE_FILES);
});

test("what a browser loads is small", () => {
  const sizes = [...files.values()].map(({ zipped }) => zipped.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(ZIPPED_BYTES_MAX);
});

test("it names no other place, and has no script or style within the document", () => {
  for (const [name, { plain }] of files) {
    const text = plain.toString().replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, "");
    expect(text.match(/\b(?:https?|wss?):\/\/[\w.-]+/g), name).toBeNull();
  }
  const index = files.get("index.html")?.plain.toString() ?? "";
  expect(index.match(/<style|\son\w+=|<script(?![^>]*\ssrc=)|\sstyle=/g)).toBeNull();
  // Relative ones alone: in front of the API there may be a prefix.
  expect(index.match(/(?:src|href)="(?:\/|\w+:)/g)).toBeNull();
});

test("a build that is not whole is no page", async () => {
  rmSync(join(directory, "page.css"));
  await expect(loadPage(directory)).rejects.toThrow("page.css");
});
