/** Whoever holds connections holds as many as it says, against a server that throws them out. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { IdleConnections } from "../../support/idle-connections.ts";
import { until } from "../../support/poll.ts";

const COUNT = 8;
let server: Server;
let port: number;
let idle: IdleConnections;
const taken = new Set<Socket>();

beforeEach(async () => {
  server = createServer((socket) => {
    taken.add(socket);
    socket.on("error", () => undefined).once("close", () => taken.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  idle = new IdleConnections("127.0.0.1", port, COUNT);
});

afterEach(async () => {
  idle.close();
  await new Promise((resolve) => server.close(resolve));
});

it("opens anew what the server ends, or cuts off", async () => {
  await until("all are open", () => taken.size === COUNT && idle.held === COUNT);
  const [ended, cutOff] = [...taken];
  ended?.end();
  cutOff?.resetAndDestroy();
  await until("two more came", () => idle.total === COUNT + 2);
  await until("as many as before are open", () => taken.size === COUNT && idle.held === COUNT);
});

it("opens none once it is closed", async () => {
  await until("all are open", () => taken.size === COUNT);
  idle.close();
  await until("none is open", () => taken.size === 0);
  expect(idle.held).toBe(0);
});
