import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KERNEL_PROTOCOL, LastMessages } from "../../../controller/proxy/kernels/last-messages.ts";
import { v1 } from "./kernel-server.ts";

const TEXT = 1;
const BINARY = 2;

function json(channel: string, id: string, content = "{}"): Buffer {
  return Buffer.from(
    `{"header": {"msg_id": "${id}", "msg_type": "stream"}, "msg_id": "${id}", ` +
      `"content": ${content}, "buffers": [], "channel": "${channel}"}`,
  );
}

/** As jupyter_server puts buffers behind a message of the default format. */
function withBuffer(message: Buffer, buffer: Buffer): Buffer {
  const table = Buffer.alloc(12);
  table.writeUInt32BE(2, 0);
  table.writeUInt32BE(12, 4);
  table.writeUInt32BE(12 + message.length, 8);
  return Buffer.concat([table, message, buffer]);
}

describe("the last message of each channel", () => {
  test("is known in the v1 format; of a channel on which nothing came, nothing", () => {
    const last = new LastMessages(KERNEL_PROTOCOL);
    expect(last.ids()).toEqual({});
    for (const [channel, id] of [
      ["iopub", "a"],
      ["shell", "b"],
      ["iopub", "c"],
      ["control", "d"],
      ["stdin", "e"],
      ["shell", "f"],
    ] as const) {
      last.note(BINARY, v1(channel, id));
    }
    expect(last.ids()).toEqual({ iopub: "c", shell: "f", control: "d", stdin: "e" });
  });

  test("is known in the default format, with buffers and without", () => {
    const last = new LastMessages("");
    last.note(TEXT, json("iopub", "a", `{"text": "\\"channel\\": \\"shell\\"}"}`));
    last.note(BINARY, withBuffer(json("shell", "b"), Buffer.alloc(2000, 7)));
    expect(last.ids()).toEqual({ iopub: "a", shell: "b" });
  });

  test("is known in whatever order a kernel writes its header", () => {
    const last = new LastMessages("");
    const header = `{"date": "2026", "username": "\\"msg_id\\": \\"no\\"", "msg_id": "a"}`;
    last.note(TEXT, Buffer.from(`{"header": ${header}, "msg_id": "a", "channel": "iopub"}`));
    expect(last.ids()).toEqual({ iopub: "a" });
  });

  test("is known of one that passed in parts, once it is whole", () => {
    const last = new LastMessages(KERNEL_PROTOCOL);
    last.note(BINARY, v1("iopub", "a"));
    last.begin(BINARY, v1("iopub", "large", "x".repeat(500)).subarray(0, 300));
    expect(last.ids()).toEqual({ iopub: "a" });
    last.end();
    expect(last.ids()).toEqual({ iopub: "large" });
  });

  test("of iopub is known with the request that it answers, as long as that is said", () => {
    const last = new LastMessages(KERNEL_PROTOCOL);
    expect(last.parent()).toBeNull();
    const parent = { msg_id: "r", msg_type: "execute_request" };
    last.note(BINARY, v1("iopub", "a", "{}", parent));
    last.note(BINARY, v1("shell", "b", "{}", { msg_id: "other" }));
    expect(last.parent()).toEqual(parent);
    expect(last.ids()).toEqual({ iopub: "a", shell: "b" });
    last.note(BINARY, v1("iopub", "c", "{}", { msg_id: "x".repeat(5000) }));
    expect(last.parent()).toBeNull();
    expect(last.ids()).toMatchObject({ iopub: "c" });
    last.begin(BINARY, v1("iopub", "d", "x".repeat(500), parent).subarray(0, 300));
    last.end();
    expect(last.parent()).toEqual(parent);
  });

  test("is not what a server or a keeper says of its own, which nobody remembers", () => {
    const aside = "jupyter_cluster_aside_1";
    const v1Aside = v1("iopub", aside);
    const compact = v1("iopub", aside).toString("latin1").replace('{"msg_id":"', '{"msg_id": "');
    expect(compact).not.toBe(v1Aside.toString("latin1"));
    const last = new LastMessages(KERNEL_PROTOCOL);
    last.note(BINARY, v1Aside);
    expect(last.ids()).toEqual({});
    last.note(BINARY, v1("iopub", "a"));
    last.note(BINARY, v1Aside);
    expect(last.ids()).toEqual({ iopub: "a" });
    const inDefault = new LastMessages("");
    inDefault.note(TEXT, json("iopub", "a"));
    inDefault.note(TEXT, json("iopub", aside));
    inDefault.note(BINARY, withBuffer(json("iopub", aside), Buffer.alloc(10)));
    expect(inDefault.ids()).toEqual({ iopub: "a" });
  });

  test("is not certain after a message that nobody can make out", () => {
    const strange: [string, number, Buffer][] = [
      [KERNEL_PROTOCOL, TEXT, json("iopub", "a")],
      [KERNEL_PROTOCOL, BINARY, v1("unknown", "a")],
      [KERNEL_PROTOCOL, BINARY, v1("iopub", "a").subarray(0, 60)],
      [KERNEL_PROTOCOL, BINARY, v1("iopub", "x".repeat(5000))],
      ["", TEXT, Buffer.from(`{"channel": "iopub", "header": {"msg_id": "a"}}`)],
      ["", TEXT, Buffer.from(`{"header": {"date": "x"}, "msg_id": "a", "channel": "iopub"}`)],
      ["", TEXT, Buffer.from(`{"content": {}, "channel": "iopub"}`)],
      ["", BINARY, Buffer.alloc(3)],
    ];
    for (const [protocol, opcode, payload] of strange) {
      const last = new LastMessages(protocol);
      last.note(opcode, payload);
      expect(last.ids(), payload.toString("latin1", 0, 80)).toBeNull();
    }
    const last = new LastMessages("");
    last.begin(TEXT, json("iopub", "large").subarray(0, 40));
    last.end();
    expect(last.ids()).toBeNull();
  });

  test("is a message id or nothing, whatever bytes come", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(200), fc.nat(255)).map(([at, byte]) => {
        const message = v1("iopub", "a");
        message[at % message.length] = byte;
        return message;
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom("", KERNEL_PROTOCOL), fc.constantFrom(1, 2), bytes, (p, o, b) => {
        const last = new LastMessages(p);
        last.note(o, Buffer.from(b));
        for (const id of Object.values(last.ids() ?? {})) expect(typeof id).toBe("string");
      }),
      { numRuns: 1000 },
    );
  });
});
