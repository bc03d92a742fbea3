/** A server whose code is loaded when it is first needed. */
import type { AgentServer } from "../agent.ts";

export function lateServer(load: () => Promise<AgentServer>): AgentServer {
  let server: Promise<AgentServer> | null = null;
  return {
    async listen(addresses) {
      server ??= load();
      await (await server).listen(addresses);
    },
    async close() {
      await (await server)?.close();
    },
  };
}
