import { describe, expect, it } from "vitest";
import { RecordDecoder } from "../../../controller/mesos/http/recordio.ts";
import { capturedResponse } from "../../support/mesos/captures.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The data of HTTP chunks, as they were cut by the master. */
function chunksOf(response: Buffer): Buffer[] {
  let at = response.indexOf("\r\n\r\n") + 4;
  const chunks: Buffer[] = [];
  while (at < response.length) {
    const lineEnd = response.indexOf("\r\n", at);
    const length = Number.parseInt(response.toString("latin1", at, lineEnd), 16);
    chunks.push(response.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
  return chunks;
}

describe("RecordIO", () => {
  it("reads the stream of a real master, one record a chunk", () => {
    const decoder = new RecordDecoder();
    const records = chunksOf(capturedResponse()).flatMap((chunk) => decoder.push(chunk));
    const types = records.map((record) => (JSON.parse(record) as { type: string }).type);
    expect(types).toEqual(["SUBSCRIBED", "OFFERS", "HEARTBEAT", "OFFERS", "UPDATE"]);
    expect(decoder.between).toBe(false);
  });

  it("gives the same records however the stream is cut", () => {
    const all = Buffer.concat(chunksOf(capturedResponse()));
    const whole = new RecordDecoder().push(all);
    expect(whole).toHaveLength(5);
    for (const size of [1, 2, 3, 7, 448, 1000]) {
      const decoder = new RecordDecoder();
      const records: string[] = [];
      for (let at = 0; at < all.length; at += size) {
        records.push(...decoder.push(all.subarray(at, at + size)));
      }
      expect(records).toEqual(whole);
    }
  });

  it("counts bytes, not characters, and joins a character that was cut in two", () => {
    const text = bytes('10\n{"a":"é"}11\n{"a":"日"}');
    const decoder = new RecordDecoder();
    const records = [...text].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
    expect(records).toEqual(['{"a":"é"}', '{"a":"日"}']);
    expect(decoder.between).toBe(true);
  });

  it("refuses a record that is too large before it is read", () => {
    expect(() => new RecordDecoder(100).push(bytes("101\n"))).toThrow(/101 bytes, at most 100/);
    expect(new RecordDecoder(2).push(bytes("2\n{}"))).toEqual(["{}"]);
  });

  it.each(["HTTP/1.1 200 OK\r\n", "-5\n", "\n{}", "1e3\n", "12345678901"])(
    "refuses %j, which is no length",
    (text) => {
      expect(() => new RecordDecoder().push(bytes(text))).toThrow(/cannot be read/);
    },
  );
});
