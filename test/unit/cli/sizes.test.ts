import { describe, expect, it } from "vitest";
import { shortSize } from "../../../controller/cli/render/units.ts";

describe("a size", () => {
  it.each([
    [0, "0B"],
    [1023, "1023B"],
    [1024, "1.0KiB"],
    [20_512, "20.0KiB"],
    [2 ** 31, "2.0GiB"],
    [2 ** 52, "4096.0TiB"],
  ])("of %i bytes is %s", (bytes, expected) => {
    expect(shortSize(bytes)).toBe(expected);
  });
});
