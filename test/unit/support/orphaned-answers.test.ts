/** An answer that waits behind another on its connection ends with that connection, on every server of ours. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { answering } from "../../../controller/support/answering.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";

let cleanup: () => Promise<unknown> = () => Promise.resolve();
afterEach(() => cleanup());

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Counts the answers that are not closed. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const open = { asked: 0, unclosed: 0 };
  const listener = answering(
    (request, response) => {
      open.asked += 1;
      open.unclosed += 1;
      response.once("close", () => (open.unclosed -= 1));
      handle(request, response);
      return Promise.resolve();
    },
    { log: silentLog, refuse: () => undefined },
  );
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup = () => new Promise((resolve) => server.close(resolve));
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  return { open, client };
}

test("when the client goes while the first is being answered", async () => {
  const { open, client } = await serve((_, response) => response.write("more to come"));
  client.write(REQUEST.repeat(30));
  await until("all are asked", () => open.asked === 30);
  client.destroy();
  await until("all are closed", () => open.unclosed === 0);
});

test("when the first one was the last of its connection", async () => {
  const waiting: ServerResponse[] = [];
  const { open, client } = await serve((_, response) => {
    waiting.push(response);
    if (waiting.length < 2) return;
    waiting[1]?.write("never sent");
    waiting[0]?.setHeader("Connection", "close").end();
  });
  client.resume().write(REQUEST.repeat(2));
  await once(client, "close");
  await until("all are closed", () => open.unclosed === 0);
  expect(waiting[1]?.destroyed).toBe(true);
});

test("and is told once, when it has come to its turn", async () => {
  let closes = 0;
  const { open, client } = await serve((_, response) => {
    response.on("close", () => (closes += 1));
    response.end("done");
  });
  client.resume().write(REQUEST.repeat(3));
  await until("all are answered", () => closes === 3);
  client.destroy();
  await once(client, "close");
  expect([closes, open.unclosed]).toEqual([3, 0]);
});
