import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  JuteReader,
  JuteWriter,
  ZooKeeperProtocolError,
} from "../../../controller/zookeeper/jute.ts";
import {
  authRequest,
  connectRequest,
  readConnectResponse,
  readReplyHeader,
  readRequest,
  replyName,
} from "../../../controller/zookeeper/messages.ts";
import { PACKET_BYTES_MAX, PacketDecoder } from "../../../controller/zookeeper/packets.ts";

/** The content of the one packet. */
function content(packet: Buffer): Buffer {
  const [only, ...more] = new PacketDecoder().push(packet);
  expect(more).toEqual([]);
  return only ?? expect.fail("no packet");
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ZooKeeperProtocolError) return error.message;
    throw error;
  }
  return "";
}

describe("the messages of ZooKeeper's protocol", () => {
  it("are the bytes that a server was seen to take", () => {
    const hello = connectRequest({ lastZxid: 5n, sessionTimeoutMs: 10_000 });
    const zeros = "00".repeat(16);
    expect(hello.toString("hex")).toBe(
      `0000002d${"00000000"}${"0000000000000005"}${"00002710"}${"0000000000000000"}${"00000010"}${zeros}00`,
    );
    expect(readRequest(1, "getChildren", "/m").toString("hex")).toBe(
      `0000000f${"00000001"}${"0000000c"}${"00000002"}2f6d01`,
    );
    expect(authRequest({ user: "u", password: "p:ä" }).toString("utf8")).toContain("u:p:ä");
  });

  it("are read in their order", () => {
    const packet = new JuteWriter().int(-2).long(-1n).int(-101).text("/a").buffer(Buffer.of(1, 2));
    const reader = new JuteReader(content(packet.int(2).text("x").text("y").packet()));
    expect(readReplyHeader(reader)).toEqual({ xid: -2, zxid: -1n, error: -101 });
    expect(reader.text()).toBe("/a");
    expect([...reader.buffer()]).toEqual([1, 2]);
    expect(reader.texts()).toEqual(["x", "y"]);
    expect(reader.rest).toBe(0);
  });

  it("have null where there is nothing", () => {
    const reader = () => new JuteReader(content(new JuteWriter().int(-1).packet()));
    expect(reader().buffer()).toHaveLength(0);
    expect(reader().texts()).toEqual([]);
  });

  it.each([
    ["a list of more than fits", Buffer.from("7fffffff", "hex"), (r: JuteReader) => r.texts()],
    ["a text that is longer than all", Buffer.from("00000009ff", "hex"), (r) => r.text()],
    ["a length below none", Buffer.from("fffffffe", "hex"), (r) => r.buffer()],
    ["half a number", Buffer.from("0000", "hex"), (r) => r.int()],
    ["nothing", Buffer.alloc(0), (r) => readConnectResponse(r)],
  ] satisfies [string, Buffer, (reader: JuteReader) => unknown][])(
    "refuse %s",
    (_, bytes, read) => {
      expect(refusal(() => read(new JuteReader(bytes)))).not.toBe("");
    },
  );

  it("name the errors that are known", () => {
    expect(replyName(-102)).toBe("NoAuth");
    expect(replyName(-999)).toBe("error -999");
  });
});

describe("packets", () => {
  it("are the same however the network cuts them", () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(contents, fc.array(fc.nat(12), { maxLength: 40 }), (sent, cuts) => {
        const parts = sent.map((bytes) => new JuteWriter().buffer(bytes).packet().subarray(4));
        let rest = Buffer.concat(parts);
        const decoder = new PacketDecoder();
        const got: Buffer[] = [];
        for (const cut of cuts) {
          got.push(...decoder.push(rest.subarray(0, cut)));
          rest = rest.subarray(cut);
        }
        got.push(...decoder.push(rest));
        expect(got.map((bytes) => [...bytes])).toEqual(sent.map((bytes) => [...bytes]));
      }),
    );
  });

  it("are bounded, from the first byte on", () => {
    for (const length of [PACKET_BYTES_MAX + 1, -1]) {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(length);
      expect(refusal(() => new PacketDecoder().push(bytes))).toContain(`${length} bytes`);
    }
    const largest = new JuteWriter().buffer(Buffer.alloc(PACKET_BYTES_MAX - 4)).packet();
    expect(content(largest)).toHaveLength(PACKET_BYTES_MAX);
  });

  it("of any bytes are read or refused, and nothing else happens", () => {
    const reads: ((reader: JuteReader) => unknown)[] = [
      readConnectResponse,
      readReplyHeader,
      (reader) => reader.texts(),
      (reader) => reader.buffer(),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...reads), (bytes, read) => {
        refusal(() => {
          const buffer = Buffer.from(bytes);
          read(new JuteReader(buffer));
          for (const packet of new PacketDecoder().push(buffer)) read(new JuteReader(packet));
        });
      }),
      { numRuns: 2000 },
    );
  });
});
