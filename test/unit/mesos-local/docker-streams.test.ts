import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { ContainerEnd } from "../../../controller/mesos-local/agent/docker-engine.ts";
import { readDieEvents } from "../../../controller/mesos-local/agent/docker-events.ts";
import { demultiplex } from "../../../controller/mesos-local/agent/docker-logs.ts";
import { until } from "../../support/poll.ts";

function watch() {
  const stream = new PassThrough();
  const ends: ContainerEnd[] = [];
  const closed: string[] = [];
  const handle = readDieEvents(
    stream,
    (end) => ends.push(end),
    (why) => closed.push(why),
  );
  return { stream, ends, closed, handle };
}

const DIE = JSON.stringify({
  Action: "die",
  Actor: { Attributes: { name: "mesos-x", exitCode: "137" } },
});

describe("Docker's event stream", () => {
  test("tells an end that arrives in pieces, once", async () => {
    const { stream, ends } = watch();
    stream.write(DIE.slice(0, 20));
    stream.write(`${DIE.slice(20)}\n${DIE}\n`);
    await until("two ends", () => ends.length === 2);
    expect(ends[0]).toEqual({ name: "mesos-x", exitCode: 137 });
  });

  test("says once that it has ended", async () => {
    const { stream, closed } = watch();
    stream.end();
    await until("the end", () => closed.length > 0);
    await until("the close", () => stream.closed);
    expect(closed).toEqual(["Docker closed its event stream"]);
  });

  test("says that it broke", async () => {
    const { stream, closed } = watch();
    stream.destroy(new Error("reset"));
    await until("the break", () => closed.length > 0);
    expect(closed).toEqual(["reset"]);
  });

  test("is given up when it is not JSON", async () => {
    const { stream, closed } = watch();
    stream.write("<html>\n");
    await until("the close", () => closed.length > 0);
    expect(closed).toEqual(["Docker's event stream is not JSON"]);
  });

  test("is silent when it was closed from here", async () => {
    const { stream, closed, handle } = watch();
    handle.close();
    await until("the close", () => stream.closed);
    expect(closed).toEqual([]);
  });
});

describe("Docker's log stream", () => {
  function piece(stream: number, text: string): Buffer {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  }

  test("is split into stdout and stderr", () => {
    const { stdout, stderr } = demultiplex(
      Buffer.concat([piece(1, "a"), piece(2, "b"), piece(1, "c")]),
    );
    expect([stdout.toString(), stderr.toString()]).toEqual(["ac", "b"]);
  });

  test("of a terminal is all stdout", () => {
    expect(demultiplex(Buffer.from("plain text")).stdout.toString()).toBe("plain text");
  });
});
