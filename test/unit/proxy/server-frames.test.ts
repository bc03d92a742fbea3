import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeFrame, FrameError } from "../../../controller/proxy/frames.ts";
import { ServerFrames } from "../../../controller/proxy/server-frames.ts";

interface Frame {
  readonly first: number;
  readonly payload: Buffer;
}

interface Message {
  readonly opcode: number;
  readonly rsv: number;
  readonly payload: string;
}

function encode({ first, payload }: Frame): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 0x10000 ? 4 : 10);
  head[0] = first;
  if (head.length === 2) head[1] = payload.length;
  if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  }
  if (head.length === 10) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** Throws unless `bytes` end at the end of a frame. */
function decode(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes.readUInt8(at + 1);
    const size = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length =
      size === 2
        ? short
        : size === 4
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (at + size + length > bytes.length) throw new Error("ends in the middle of a frame");
    frames.push({
      first: bytes.readUInt8(at),
      payload: bytes.subarray(at + size, at + size + length),
    });
    at += size + length;
  }
  return frames;
}

/** What a receiver makes of the frames: control frames, and messages put together (5.4). */
function messages(frames: readonly Frame[]): Message[] {
  const whole: Message[] = [];
  let parts: { first: number; payloads: Buffer[] } | null = null;
  for (const { first, payload } of frames) {
    const opcode = first & 0x0f;
    const rsv = first & 0x70;
    if (opcode >= 8) {
      whole.push({ opcode, rsv, payload: payload.toString("hex") });
      continue;
    }
    if (opcode === 0) {
      if (parts === null) throw new Error("a continuation of nothing");
      if (rsv !== 0) throw new Error("reserved bits on a continuation");
      parts.payloads.push(payload);
    } else {
      if (parts !== null) throw new Error("a message inside of another");
      parts = { first, payloads: [payload] };
    }
    if ((first & 0x80) === 0) continue;
    const text = Buffer.concat(parts.payloads).toString("hex");
    whole.push({ opcode: parts.first & 0x0f, rsv: parts.first & 0x70, payload: text });
    parts = null;
  }
  return whole;
}

const payload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 2, arbitrary: fc.integer({ min: 120, max: 130 }).map((n) => new Uint8Array(n)) },
  { weight: 1, arbitrary: fc.integer({ min: 65530, max: 65540 }).map((n) => new Uint8Array(n)) },
);
/** A data message in one or more frames, with pings between them. */
const message = fc
  .tuple(
    fc.constantFrom(1, 2, 0x41, 0x42),
    fc.array(fc.tuple(payload, fc.boolean()), { minLength: 1, maxLength: 3 }),
  )
  .map(([first, parts]): Frame[] =>
    parts.flatMap(([bytes, ping], i) => [
      {
        first: (i === 0 ? first : 0) | (i === parts.length - 1 ? 0x80 : 0),
        payload: Buffer.from(bytes),
      },
      ...(ping ? [{ first: 0x89, payload: Buffer.from(bytes.slice(0, 125)) }] : []),
    ]),
  );
const stream = fc.array(message, { maxLength: 6 }).map((all) => all.flat());
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });

function cutUp(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] as number;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("ServerFrames", () => {
  test("passes the same messages on, however the bytes are cut up", () => {
    fc.assert(
      fc.property(stream, cuts, (frames, sizes) => {
        const relay = new ServerFrames();
        const chunks = cutUp(Buffer.concat(frames.map(encode)), sizes);
        const out = Buffer.concat(chunks.flatMap((chunk) => relay.take(chunk)));
        expect(messages(decode(out))).toEqual(messages(frames));
      }),
      { numRuns: 300 },
    );
  });

  test("has sent whole frames only, whenever one looks", () => {
    fc.assert(
      fc.property(stream, cuts, (frames, sizes) => {
        const relay = new ServerFrames();
        for (const chunk of cutUp(Buffer.concat(frames.map(encode)), sizes)) {
          decode(Buffer.concat(relay.take(chunk)));
        }
      }),
      { numRuns: 300 },
    );
    expect(() => decode(Buffer.from([0x81, 5, 1]))).toThrow("in the middle");
  });

  test("passes whole frames unchanged, without copying them", () => {
    const bytes = Buffer.concat([
      encode({ first: 0x81, payload: Buffer.from("one") }),
      encode({ first: 0xc2, payload: Buffer.alloc(70_000, 7) }),
    ]);
    const out = new ServerFrames().take(bytes);
    expect(out).toHaveLength(1);
    expect(out[0]?.buffer).toBe(bytes.buffer);
    expect(out[0]?.equals(bytes)).toBe(true);
  });

  test("knows that a close frame has passed, and lets nothing follow it", () => {
    const relay = new ServerFrames();
    const bytes = Buffer.concat([closeFrame(1000, "bye"), Buffer.from("rubbish")]);
    const out = [...relay.take(bytes.subarray(0, 3)), ...relay.take(bytes.subarray(3))];
    expect(Buffer.concat(out).equals(closeFrame(1000, "bye"))).toBe(true);
    expect(relay.closed).toBe(true);
    expect(relay.take(Buffer.from("more"))).toEqual([]);
  });

  test.each([
    ["a masked frame", Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
    ["a control frame of more than 125 bytes", Buffer.from([0x89, 126, 0, 126])],
    ["a frame longer than can be counted", Buffer.from([0x82, 127, 255, 0, 0, 0, 0, 0, 0, 0])],
  ])("refuses %s", (_, bytes) => {
    expect(() => new ServerFrames().take(bytes)).toThrow(FrameError);
  });

  test("a close frame holds code and reason, and refuses a reason that does not fit", () => {
    expect(closeFrame(1012, "moved")).toEqual(
      Buffer.from([0x88, 7, 0x03, 0xf4, ...Buffer.from("moved")]),
    );
    expect(() => closeFrame(1012, "x".repeat(124))).toThrow("too long");
  });
});
