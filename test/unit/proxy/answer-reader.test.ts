/** Reads what a target answers as Node's own parser does, however it is cut up, and refuses what that refuses. */
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { AnswerError, type AnswerHead } from "../../../controller/proxy/pool/answer-head.ts";
import { AnswerReader } from "../../../controller/proxy/pool/answer-reader.ts";
import { ANSWERS, REFUSED } from "./answers.ts";
import { startTcp } from "./upstreams.ts";

interface Seen {
  readonly status: number;
  readonly phrase: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

interface Read {
  /** Of 1xx before it. */
  readonly before: readonly number[];
  readonly answer: Seen | null;
  readonly keepMs: number;
}

/** @param ends the target closes the connection behind it */
function read(pieces: readonly Buffer[], ends: boolean): Read {
  const before: number[] = [];
  const body: Buffer[] = [];
  let head: AnswerHead | null = null;
  let answer: Seen | null = null;
  const reader = new AnswerReader({
    onHead: (one) => {
      if (one.status >= 100 && one.status < 200) before.push(one.status);
      else head = one;
    },
    onBody: (bytes) => body.push(Buffer.from(bytes)),
    onEnd: (trailers) => {
      if (head === null) throw new Error("an end without a head");
      const { status, phrase, rawHeaders } = head;
      answer = {
        status,
        phrase,
        rawHeaders,
        body: Buffer.concat(body).toString("latin1"),
        trailers,
      };
    },
  });
  reader.begin();
  for (const piece of pieces) reader.take(piece);
  if (ends) reader.close();
  return { before, answer, keepMs: (head as AnswerHead | null)?.keepMs ?? 0 };
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** As Node's own client reads it. */
async function byNode(text: string): Promise<Seen> {
  const target = await startTcp((socket) => {
    socket.once("data", () => socket.end(Buffer.from(text, "latin1")));
  });
  cleanups.push(target.close);
  return new Promise((resolve, reject) => {
    const asked = request({ createConnection: () => connect(target.port, target.ip) });
    asked.once("error", reject).once("response", (incoming: IncomingMessage) => {
      const body: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => body.push(chunk)).once("error", reject);
      incoming.once("end", () => {
        const { statusCode: status = 0, statusMessage: phrase = "", rawHeaders } = incoming;
        const said = Buffer.concat(body).toString("latin1");
        resolve({ status, phrase, rawHeaders, body: said, trailers: incoming.rawTrailers });
      });
    });
    asked.end();
  });
}

describe("an answer", () => {
  test.each(Object.entries(ANSWERS))("with %s is read as by Node", async (_, [text, kept]) => {
    const { answer, keepMs } = read([Buffer.from(text, "latin1")], true);
    expect(answer).toEqual(await byNode(text));
    expect(keepMs > 0).toBe(kept);
  });

  test.each(Object.entries(REFUSED))("with %s is refused, as by Node", async (_, text) => {
    expect(() => read([Buffer.from(text, "latin1")], true)).toThrow(AnswerError);
    await expect(byNode(text)).rejects.toThrow();
  });

  test("is kept a little shorter than the target says", () => {
    const [text] = ANSWERS["it says for how long"] ?? [""];
    expect(read([Buffer.from(text)], false).keepMs).toBe(4_000);
  });

  test("is the same however it is cut up", () => {
    const answers = Object.values(ANSWERS).map(([text]) => Buffer.from(text, "latin1"));
    const property = fc.property(
      fc.constantFrom(...answers),
      fc.array(fc.nat(200), { maxLength: 12 }),
      (bytes, places) => {
        const cuts = [0, ...places.map((place) => Math.min(place, bytes.length)), bytes.length];
        const sorted = cuts.toSorted((a, b) => a - b);
        const pieces = sorted.slice(1).map((to, i) => bytes.subarray(sorted[i], to));
        expect(read(pieces, true)).toEqual(read([bytes], true));
        const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
        expect(read(single, true)).toEqual(read([bytes], true));
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test.each([
    ["headers", "HTTP/1.1 200 OK\r\n", "A: b\r\n", 300],
    ["a chunk's extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", 5],
    ["trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n", 300],
  ])("with %s that do not end is given up after a bound", (_, begin, again, kib) => {
    const more = Buffer.from(again.repeat(1024 / again.length));
    const pieces = [Buffer.from(begin), ...Array.from({ length: kib }, () => more)];
    expect(() => read(pieces, false)).toThrow("without an end");
  });

  test("may be followed by nothing that was not asked for", () => {
    const [text] = ANSWERS["a length"] ?? [""];
    expect(() => read([Buffer.from(`${text}HTTP/1.1 200 OK\r\n`)], false)).toThrow(AnswerError);
  });

  test("to switch protocols is no answer to a GET that has not asked to", () => {
    expect(() => read([Buffer.from("HTTP/1.1 101 Switching\r\n\r\n")], false)).toThrow(AnswerError);
  });
});
