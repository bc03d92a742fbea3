/** A route to a dead host stays for minutes, and its addresses swallow what is sent there. */
import { createHash } from "node:crypto";
import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, expect, it } from "vitest";
import { CONNECT_MS_MAX, connectAgent } from "../../../controller/agents/agent-http.ts";
import { AGENT_PORT } from "../../../controller/model/agent-api.ts";
import { AGENT_TLS, agentTlsKey } from "../../../controller/support/agent-tls.ts";
import { freePort } from "../../support/free-port.ts";
import { startSwallower } from "../proxy/swallower.ts";

const PATIENT = { headersMs: 600_000, bodyMs: 600_000 };
const STATUS = { method: "GET", path: "/v1/status", headers: {} } as const;
const TOKEN = "token";

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

function listen(server: Server, host: string, port: number): Promise<void> {
  servers.push(server);
  return new Promise((resolve) => server.listen(port, host, resolve));
}

it.each([true, false])(
  "an agent's address that swallows TCP is given up (TLS: %s)",
  async (tls) => {
    const swallower = await startSwallower("127.0.0.6", AGENT_PORT);
    const connection = connectAgent({ ip: swallower.ip, token: TOKEN, tls }, PATIENT);
    try {
      await expect(connection.request(STATUS)).rejects.toThrow("no connection within 300 ms");
    } finally {
      await connection.destroy();
      await swallower.stop();
    }
  },
);

it("an agent that takes the connection and comes to the handshake later is waited for", async () => {
  const psk = agentTlsKey(createHash("sha256").update(TOKEN).digest("hex"));
  const agent = createTlsServer({ ...AGENT_TLS, pskCallback: () => psk }, (socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  });
  const port = await freePort();
  await listen(agent, "127.0.0.1", port);
  const slow = createServer((socket) => {
    setTimeout(() => {
      const inner = connect(port, "127.0.0.1");
      socket.pipe(inner).pipe(socket);
    }, CONNECT_MS_MAX + 100);
  });
  await listen(slow, "127.0.0.7", AGENT_PORT);
  const connection = connectAgent({ ip: "127.0.0.7", token: TOKEN, tls: true }, PATIENT);
  try {
    const answer = await connection.request(STATUS);
    expect(await text(answer.body)).toBe("ok");
  } finally {
    await connection.destroy();
  }
});

it("an agent that never comes to the handshake is given up", async () => {
  const mute = createServer((socket) => socket.on("error", () => {}).resume());
  await listen(mute, "127.0.0.8", AGENT_PORT);
  const connection = connectAgent({ ip: "127.0.0.8", token: TOKEN, tls: true }, PATIENT);
  try {
    await expect(connection.request(STATUS)).rejects.toThrow("no TLS within 1500 ms");
  } finally {
    await connection.destroy();
  }
});
