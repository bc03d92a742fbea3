/** No server of ours is ended by a request: a row of hostile ones, and then a normal one. */
import { EventEmitter, once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Logger } from "../../../controller/model/ports.ts";
import { answering } from "../../../controller/support/answering.ts";
import { silentLog } from "../../support/silent-log.ts";
import { LAB } from "../api/harness.ts";
import { type Door, DOORS } from "./doors.ts";

const NAMES = [
  ...["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf", "__defineGetter__"],
  ...["prototype", "%5f%5fproto%5f%5f", "..", "%2e%2e", "%00", "%", "%zz", "?", "#", "*", "\\"],
  ...["ä", "a".repeat(7000), "/", "//", "//[", "http://[::1", "state/__proto__"],
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];
const JSON_TYPE = "Content-Type: application/json\r\n";
const HEADERS = [
  "Host: __proto__\r\n",
  "Host: a\r\nHost: b\r\n",
  "Expect: 100-continue\r\n",
  "Expect: nonsense\r\n",
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n",
  "Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 5\r\n",
  "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
  "Content-Length: -1\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "__proto__: x\r\nconstructor: y\r\n",
  "Authorization: Bearer\r\n",
  'If-None-Match: ,,,"\r\nAccept: ;;,\r\nUser-Agent: \r\n',
  `X: ${"h".repeat(40_000)}\r\n`,
  "no colon\r\n",
  "Mesos-Stream-Id: __proto__\r\n",
];
const BODIES = [
  "",
  "{",
  "null",
  "[]",
  '"__proto__"',
  '{"__proto__":{"type":"SUBSCRIBE"}}',
  '{"type":"__proto__"}',
  '{"type":"constructor","constructor":{}}',
  '{"type":"hasOwnProperty","framework_id":{"value":"__proto__"}}',
  '{"type":"KILL","framework_id":{"value":"__proto__"},"kill":{"task_id":{"value":"x"}}}',
  '{"type":"ACCEPT","framework_id":{"value":"x"},"accept":{"operations":[{"type":"LAUNCH"}]}}',
  '{"teardown":{"__proto__":1}}',
  '{"snapshot":"__proto__"}',
  "[".repeat(50_000),
  `{"a":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`,
  "\u0000\uffff",
];

/** Raw bytes: a client library would refuse to send most of these. */
const REQUESTS = ({ prefixes, authorization: bearer }: Door): readonly string[] => [
  ...prefixes.flatMap((prefix) =>
    NAMES.map((name) => `GET ${prefix}${name} HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n`),
  ),
  ...METHODS.flatMap((method) =>
    prefixes.map((prefix) => `${method} ${prefix}x HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n`),
  ),
  ...HEADERS.map((lines) => `POST ${prefixes[0]}status HTTP/1.1\r\n${bearer}${lines}\r\nhello`),
  ...BODIES.flatMap((body) =>
    BODY_TARGETS.map(
      (target) =>
        `${target} HTTP/1.1\r\nHost: localhost\r\n${bearer}${JSON_TYPE}` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  ),
  // A body that is promised and never comes, and no HTTP at all.
  `POST /api/v1/scheduler HTTP/1.1\r\nHost: a\r\n${JSON_TYPE}Content-Length: 9\r\n\r\n{`,
  "GET / HTTP/9.9\r\n\r\n",
  "GET /\r\n\r\n",
  "\u0016\u0003\u0001\u0000",
  "\r\n\r\n\r\n",
];
const BODY_TARGETS = [
  "POST /api/v1/scheduler",
  "PUT /v1/order",
  "PUT /v1/snapshot?sha256=__proto__",
  `POST ${LAB}/restore`,
];

/** Fewer than a server's connections. */
const AT_ONCE = 12;

/** What ended the process, were this not a test. */
const uncaught: unknown[] = [];
const catching = (error: unknown) => uncaught.push(error);
let closeServer: () => Promise<void> = () => Promise.resolve();

afterEach(async () => {
  await closeServer();
  closeServer = () => Promise.resolve();
});

describe.each(DOORS)("%s", (_name, start) => {
  test("outlives every hostile request, and answers the normal one after them", async () => {
    const target = await start();
    closeServer = () => target.close();
    const own = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", catching);
    uncaught.length = 0;
    try {
      const requests = REQUESTS(target);
      for (let first = 0; first < requests.length; first += AT_ONCE) {
        const some = requests.slice(first, first + AT_ONCE);
        await Promise.all(some.map((request) => hostile(target.port, request)));
        const sent = some.map((request) => request.slice(0, 80));
        const head = `GET ${target.normal} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
        const answer = await exchange(target.port, `${head}${target.authorization}\r\n`);
        expect({ sent, answer: answer.slice(0, 12), uncaught }).toEqual({
          sent,
          answer: "HTTP/1.1 200",
          uncaught: [],
        });
      }
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of own) process.on("unhandledRejection", listener);
    }
  });
});

describe("a handler that has a bug", () => {
  const socket = new EventEmitter();
  const request = { url: "/x?token=secret", method: "GET", errored: null, socket } as never;

  function answer(headersSent: boolean) {
    const listeners: ((error: unknown) => void)[] = [];
    const destroy = vi.fn<() => void>();
    const on = (_event: string, listener: (error: unknown) => void) => listeners.push(listener);
    const once = () => undefined;
    return { response: { headersSent, destroy, on, once } as never, destroy, listeners };
  }

  test.each([
    ["is refused, when nothing was answered yet", false, 1, 0],
    ["loses its connection, when the answer has begun", true, 0, 1],
  ])("%s; and it is logged", async (_name, headersSent, refusals, destroyed) => {
    const refuse = vi.fn<() => void>();
    const error = vi.fn<Logger["error"]>();
    const listener = answering(() => Promise.reject(new TypeError("bug")), {
      log: { ...silentLog, error },
      refuse,
    });
    const { response, destroy, listeners } = answer(headersSent);
    listener(request, response);
    await vi.waitFor(() => expect(error).toHaveBeenCalledTimes(1));
    expect(error.mock.calls[0]?.[0]).toMatchObject({ method: "GET", path: "/x" });
    expect([refuse.mock.calls.length, destroy.mock.calls.length]).toEqual([refusals, destroyed]);
    // A write after the end emits this on the answer; without a listener it ends the process.
    expect(listeners).toHaveLength(1);
  });
});

/** Sends, and leaves as soon as anything comes back or the server closes. */
function hostile(port: number, request: string): Promise<string> {
  return exchange(port, request, (text) => text.includes("\r\n"), 100);
}

async function exchange(
  port: number,
  request: string,
  isEnough: (text: string) => boolean = () => false,
  waitMs = 5000,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1").setTimeout(waitMs, () => socket.destroy());
  socket.on("data", (chunk: string) => {
    text += chunk;
    if (isEnough(text)) socket.destroy();
  });
  // A refused or reset connection shows in the text, and that it is closed follows.
  socket.on("error", (error) => (text += error.message));
  socket.write(request, "utf8");
  await once(socket, "close");
  return text;
}
