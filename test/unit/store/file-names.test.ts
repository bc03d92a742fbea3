import { expect, test } from "vitest";
import { fileNameOf } from "../../../controller/store/file-names.ts";

test.each([
  ["default.lab.1.0.0", "default.lab.1.0.0"],
  ["..", "%2E."],
  ["a/b", "a%2Fb"],
])("%j is called %s", (name, file) => {
  expect(fileNameOf(name)).toBe(file);
});

test("half a pair of UTF-16 units, as JSON may hold it, has a name of its own too", () => {
  const names = ["a\ud800", "a\udc00", "a\ufffd", "a\ud83d\ude00"].map(fileNameOf);
  expect(names[0]).toBe("a%u%D800");
  expect(new Set(names).size).toBe(4);
  const long = ["\ud800", "\udc00"].map((half) => fileNameOf("x".repeat(300) + half));
  expect(long[0]).not.toBe(long[1]);
});
