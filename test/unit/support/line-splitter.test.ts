import { describe, expect, it } from "vitest";
import {
  type LineLimit,
  LineSplitter,
  LineTooLongError,
  linesOf,
} from "../../../controller/support/line-splitter.ts";

const LIMIT: LineLimit = { what: "stream", lengthMax: 10, tooLong: "throw" };

describe("LineSplitter", () => {
  it.each([1, 2, 3, 7, 100])("joins lines and characters from pieces of %i bytes", (size) => {
    const bytes = Buffer.from("ä1\n\nzwei 😀\r\nrest");
    const splitter = new LineSplitter(LIMIT);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      lines.push(...splitter.push(bytes.subarray(at, at + size)));
    }
    expect(lines).toEqual(["ä1", "", "zwei 😀\r"]);
    expect(splitter.end()).toEqual(["rest"]);
    expect(splitter.end()).toEqual([]);
  });

  it("refuses a line that is too long, ended or not", () => {
    for (const text of ["short\n12345678901", "12345678901\n"]) {
      const push = () => new LineSplitter(LIMIT).push(Buffer.from(text));
      expect(push).toThrow(LineTooLongError);
      expect(push).toThrow("stream: a line is longer than 10 characters");
    }
    expect(new LineSplitter(LIMIT).push(Buffer.from("1234567890\n"))).toEqual(["1234567890"]);
  });

  it("cuts a line that does not end where that is wanted, and loses nothing of it", () => {
    const splitter = new LineSplitter({ ...LIMIT, tooLong: "cut" });
    expect(splitter.push(Buffer.from("12345678"))).toEqual([]);
    expect(splitter.push(Buffer.from("9012"))).toEqual(["1234567890"]);
    expect(splitter.push(Buffer.from("3\nnext"))).toEqual(["123"]);
    expect(splitter.end()).toEqual(["next"]);
  });

  it("cuts a line that came in one piece where it cuts one that did not", () => {
    const splitter = new LineSplitter({ ...LIMIT, tooLong: "cut" });
    expect(splitter.push(Buffer.from("123456789012\n"))).toEqual(["1234567890", "12"]);
  });

  it("bounds what a character's missing end becomes, too", () => {
    const splitter = new LineSplitter(LIMIT);
    splitter.push(Buffer.from([...Buffer.from("1234567890"), 0xf0]));
    expect(() => splitter.end()).toThrow(LineTooLongError);
  });

  it("is not made without a limit", () => {
    expect(() => new LineSplitter({ ...LIMIT, lengthMax: 0 })).toThrow(/no limit/);
  });
});

describe("linesOf", () => {
  it("yields the lines of a stream of bytes, the last without its end too", async () => {
    async function* stream() {
      yield await Promise.resolve(Buffer.from("one\ntw"));
      yield Buffer.from("o\nthree");
    }
    const lines: string[] = [];
    for await (const line of linesOf(stream(), LIMIT)) lines.push(line);
    expect(lines).toEqual(["one", "two", "three"]);
  });
});
