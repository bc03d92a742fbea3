/** A page that only writes, while no server is there to hold it back. */
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { ByteBudget } from "../../../controller/proxy/byte-budget.ts";
import { KernelLink } from "../../../controller/proxy/kernels/kernel-link.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { until } from "../../support/poll.ts";
import { V1 } from "./kernel-server.ts";

const server = createServer();
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** Masked with zeros. */
const PING = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
/** More than the kernel keeps of both directions of a connection. */
const BYTES = 64 * 2 ** 20;

test("that pings and does not read is read no further than it is answered", async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const page = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [client] = (await once(server, "connection")) as [Socket];
  sockets.push(page, client);
  const link = new KernelLink({
    client,
    first: { kernel: "", protocol: V1 },
    clock: systemClock,
    budget: new ByteBudget(2 ** 20),
    rejoin: () => {},
    onLost: () => {},
    onOutcome: () => {},
    onClosed: () => {},
  });
  page.pause().write(Buffer.alloc(BYTES - (BYTES % PING.length), PING));
  await until("it is read no further", () => client.isPaused());
  expect(client.writableLength).toBeLessThan(2 ** 20);
  expect(link.gone).toBe(false);
});
