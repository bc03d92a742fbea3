/** A route to a dead host stays for minutes, and its addresses swallow what is sent there. */
import { expect, it } from "vitest";
import { connectAgent } from "../../../controller/agents/agent-http.ts";
import { AGENT_PORT } from "../../../controller/model/agent-api.ts";
import { startSwallower } from "../proxy/swallower.ts";

const PATIENT = { headersMs: 600_000, bodyMs: 600_000 };

it.each([true, false])(
  "an agent's address that swallows TCP is given up (TLS: %s)",
  async (tls) => {
    const swallower = await startSwallower("127.0.0.6", AGENT_PORT);
    const connection = connectAgent({ ip: swallower.ip, token: "token", tls }, PATIENT);
    try {
      const asked = connection.request({ method: "GET", path: "/v1/status", headers: {} });
      await expect(asked).rejects.toThrow("no connection within 300 ms");
    } finally {
      await connection.destroy();
      await swallower.stop();
    }
  },
);
