/** HTTP and TLS on one address, and what else may come there. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { apiAuthority } from "../../../controller/certificates/api-certificates.ts";
import { until } from "../../support/poll.ts";
import { AUTHORITY_KEY, startApi, TOKEN } from "./harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started() {
  const { api } = await startApi();
  cleanups.push(() => api.close());
  return Number(new URL(api.url).port);
}

/** All that comes until the other end closes. */
async function said(socket: Socket, text: string): Promise<string> {
  cleanups.push(() => socket.destroy());
  let told = "";
  socket.on("data", (chunk: Buffer) => (told += chunk.toString("latin1")));
  socket.on("error", () => {});
  socket.write(text, "latin1");
  await until("the other end has closed", () => socket.destroyed || socket.readableEnded);
  return told;
}

const plain = (port: number) => connectPlain(port, "127.0.0.1");
const secure = (port: number) =>
  connectTls({ host: "127.0.0.1", port, ca: apiAuthority(AUTHORITY_KEY, Date.now()) });
const LAST = "Host: localhost\r\nConnection: close\r\n\r\n";
const EXEC = "/api/v1/namespaces/default/pods/lab-0/exec?command=id&container=etcd";

describe.each([
  ["plain", plain],
  ["over TLS", secure],
])("a request %s", (_, open) => {
  test("is answered", async () => {
    const port = await started();
    expect(await said(open(port), `GET /healthz HTTP/1.1\r\n${LAST}`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("that asks for another protocol is answered as if it did not", async () => {
    const port = await started();
    const wish =
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
    const told = await said(open(port), `${wish}GET /readyz HTTP/1.1\r\n${LAST}`);
    expect(told.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  test("for a WebSocket is refused without the token, and where there is none", async () => {
    const port = await started();
    const opening = (path: string, more = "") =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}Connection: upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    const token = `Authorization: Bearer ${TOKEN}\r\n`;
    expect(await said(open(port), opening(EXEC))).toMatch(/^HTTP\/1\.1 401 /);
    expect(await said(open(port), opening("/healthz", token))).toMatch(/^HTTP\/1\.1 404 /);
    expect(await said(open(port), opening(EXEC, token))).toMatch(/^HTTP\/1\.1 404 .*lab-0/s);
  });
});

test.each([
  ["that is no TLS behind the first byte", "\x16\x01\x02\x03 hello"],
  ["that is nothing known", "\x00\x01\x02\r\n\r\n"],
])("A connection %s is closed", async (_, bytes) => {
  const port = await started();
  expect(await said(plain(port), bytes)).not.toMatch(/200/);
});
