import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteBudget } from "../../../controller/proxy/byte-budget.ts";
import { closeFrame, FrameError } from "../../../controller/proxy/frames.ts";
import { MessageReader, type Unit } from "../../../controller/proxy/kernels/message-reader.ts";
import { frame } from "./kernel-server.ts";

const PING = 0x89;

function reader({
  masked = false,
  wholeBytesMax = 1 << 20,
  budget = new ByteBudget(1 << 24),
} = {}) {
  return new MessageReader({ masked, wholeBytesMax, budget });
}

/** A client's frame. */
function masked(first: number, payload: Buffer): Buffer {
  const clear = frame(first, payload);
  const head = clear.length - payload.length;
  const mask = Buffer.from([1, 2, 3, 4]);
  const hidden = payload.map((byte, i) => byte ^ (mask[i & 3] as number));
  const bytes = Buffer.concat([clear.subarray(0, head), mask, hidden]);
  bytes[1] = (bytes[1] as number) | 0x80;
  return bytes;
}

interface Said {
  readonly opcode: number;
  readonly parts: readonly Uint8Array[];
  readonly pingAfter: number;
}

const said: fc.Arbitrary<Said> = fc.record({
  opcode: fc.constantFrom(1, 2),
  parts: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 3 }),
  pingAfter: fc.integer({ min: -1, max: 2 }),
});
const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });

function encode(all: readonly Said[], encodeFrame: typeof frame): Buffer {
  return Buffer.concat(
    all.flatMap(({ opcode, parts, pingAfter }) =>
      parts.flatMap((part, i) => {
        const first = (i === 0 ? opcode : 0) | (i === parts.length - 1 ? 0x80 : 0);
        const data = encodeFrame(first, Buffer.from(part));
        return i === pingAfter ? [data, encodeFrame(PING, Buffer.from("ping"))] : [data];
      }),
    ),
  );
}

function read(from: MessageReader, bytes: Buffer, sizes: readonly number[]): Unit[] {
  const units: Unit[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] as number;
    units.push(...from.take(bytes.subarray(at, at + size)));
    at += size;
  }
  return units;
}

const messages = (units: readonly Unit[]) => units.filter(({ kind }) => kind === "message");

describe("MessageReader", () => {
  test("gives every message out once, whole and in order, however the bytes are cut up", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 6 }), cuts, (all, sizes) => {
        const units = read(reader(), encode(all, frame), sizes);
        expect(messages(units).map((u) => [u.opcode, (u as { payload: Buffer }).payload])).toEqual(
          all.map(({ opcode, parts }) => [opcode, Buffer.concat(parts)]),
        );
        const pings = all.filter(
          ({ parts, pingAfter }) => pingAfter >= 0 && pingAfter < parts.length,
        );
        const controls = units.filter(({ kind }) => kind === "control");
        expect(controls.map((u) => (u as { payload: Buffer }).payload.toString())).toEqual(
          pings.map(() => "ping"),
        );
      }),
    );
  });

  test("gives a client's frames out as they came, but for control frames in between", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 6 }), cuts, (all, sizes) => {
        const units = read(reader({ masked: true }), encode(all, masked), sizes);
        const bare = all.map((one) => ({ ...one, pingAfter: -1 }));
        expect(Buffer.concat(messages(units).map(({ bytes }) => bytes))).toEqual(
          encode(bare, masked),
        );
        for (const unit of units) {
          if (unit.kind === "control") expect(unit.payload.toString()).toBe("ping");
        }
      }),
    );
  });

  test("gives a message that is too large out in parts, and says when half of it is out", () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 6 }), cuts, (all, sizes) => {
        const budget = new ByteBudget(1 << 24);
        const from = reader({ wholeBytesMax: 100, budget });
        const bare = all.map((one) => ({ ...one, pingAfter: -1 }));
        const bytes = encode(bare, frame);
        let half = false;
        for (const unit of read(from, bytes, sizes)) {
          if (unit.kind === "message") expect(half).toBe(false);
          if (unit.kind === "part") {
            expect(unit.head !== null).toBe(!half);
            half = !unit.ends;
          }
        }
        expect(from.halfGiven).toBe(half);
        expect(half).toBe(false);
        expect(
          Buffer.concat(read(reader({ wholeBytesMax: 100 }), bytes, sizes).map((u) => u.bytes)),
        ).toEqual(bytes);
        // Everything was given back.
        expect(budget.take(1 << 24)).toBe(true);
      }),
    );
  });

  test("keeps no more than all together may", () => {
    const budget = new ByteBudget(1000);
    const [one, two] = [reader({ budget }), reader({ budget })];
    const begun = frame(0x82, Buffer.alloc(5000)).subarray(0, 800);
    expect(one.take(begun)).toEqual([]);
    expect(two.take(begun).map(({ kind }) => kind)).toEqual(["part"]);
    expect([one.halfGiven, two.halfGiven]).toEqual([false, true]);
    one.reset();
    expect(budget.take(1000)).toBe(true);
  });

  test("forgets half a message, and takes a new one then", () => {
    const from = reader();
    from.take(frame(0x82, Buffer.alloc(500)).subarray(0, 300));
    from.reset();
    const units = from.take(frame(0x81, Buffer.from("new")));
    expect(units.map((u) => (u as { payload: Buffer }).payload.toString())).toEqual(["new"]);
  });

  test("knows that a close frame has come, and lets nothing follow it", () => {
    const from = reader();
    const units = from.take(Buffer.concat([closeFrame(1000, "bye"), Buffer.from("rubbish")]));
    expect(units).toHaveLength(1);
    expect(from.closed).toBe(true);
    expect(from.take(Buffer.from("more"))).toEqual([]);
  });

  test.each([
    ["a masked frame of a server", false, masked(0x81, Buffer.from("x"))],
    ["an unmasked frame of a client", true, frame(0x81, Buffer.from("x"))],
    ["a compressed frame", false, frame(0xc1, Buffer.from("x"))],
    ["a continuation of nothing", false, frame(0x80, Buffer.from("x"))],
    [
      "a message inside of another",
      false,
      Buffer.concat([frame(0x01, Buffer.alloc(1)), frame(0x81, Buffer.alloc(1))]),
    ],
    ["a kind of frame that does not exist", false, frame(0x83, Buffer.from("x"))],
    ["a control frame of more than 125 bytes", false, Buffer.from([0x89, 126, 0, 126])],
  ])("refuses %s", (_, ofClient, bytes) => {
    expect(() => reader({ masked: ofClient }).take(bytes)).toThrow(FrameError);
  });
});
