import { describe, expect, it } from "vitest";
import { parseEvent } from "../../../controller/docker/container-watch.ts";
import { OutputFrames } from "../../../controller/docker/output-frames.ts";

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

describe("OutputFrames", () => {
  const wire = Buffer.concat([frame(1, "out1"), frame(2, "err"), frame(1, ""), frame(1, "out2")]);

  it.each([1, 3, 8, 9, 1000])("puts frames together from pieces of %i bytes", (size) => {
    const frames = new OutputFrames();
    const text = { stdout: "", stderr: "" };
    for (let at = 0; at < wire.length; at += size) {
      for (const { target, bytes } of frames.push(wire.subarray(at, at + size))) {
        text[target] += bytes.toString();
      }
    }
    expect(text).toEqual({ stdout: "out1out2", stderr: "err" });
  });
});

describe("parseEvent", () => {
  const attributes = { name: "mesos-1", exitCode: "137", "jupytercluster.dev/slot": "1" };
  const raw = { Action: "die", Actor: { ID: "abc", Attributes: attributes }, timeNano: 1.5e18 };

  it("reads the end of a container", () => {
    expect(parseEvent(JSON.stringify(raw))).toEqual({
      action: "die",
      containerId: "abc",
      containerName: "mesos-1",
      exitCode: 137,
      labels: { "jupytercluster.dev/slot": "1" },
      at: 1.5e12,
    });
  });

  it.each([
    ["an empty line", "\r"],
    ["nothing", "null"],
    ["another action", JSON.stringify({ ...raw, Action: "exec_create: sh" })],
    ["no actor", JSON.stringify({ Action: "die" })],
    [
      "attributes that are no texts",
      JSON.stringify({ ...raw, Actor: { ID: "a", Attributes: { a: 1 } } }),
    ],
  ])("makes nothing of %s", (_, line) => {
    expect(parseEvent(line)).toBeNull();
  });

  it("does not go on where it is not the engine that speaks", () => {
    expect(() => parseEvent("<html>")).toThrow("Docker's event stream is not JSON");
  });
});
