/** What a master of Mesos answers that does not lead: where the one that does is, dead or alive. */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { MasterInfo } from "../../../controller/mesos/wire.ts";
import { MASTER_VERSION } from "../../../controller/mesos-local/master/master.ts";
import type { HostPort } from "../../../controller/support/host-port.ts";

/** Answered by every master for itself. */
const OWN: ReadonlyMap<string, object> = new Map<string, object>([
  ["/health", {}],
  ["/version", { version: MASTER_VERSION, description: "embedded and local, not Apache Mesos" }],
  ["/metrics/snapshot", { "master/elected": 0 }],
]);

export class StandbyServer {
  leader: MasterInfo | null = null;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const path = (request.url ?? "/").replace(/^\/master(?=\/)/, "");
      request.resume();
      const own = OWN.get(path.split("?")[0] ?? "");
      if (own !== undefined) {
        response.setHeader("Content-Type", "application/json");
        response.end(`${JSON.stringify(own)}\n`);
      } else if (this.leader === null) {
        response.writeHead(503).end("No leader elected");
      } else {
        const { hostname, port, address } = this.leader;
        const at = `${address?.ip ?? hostname}:${address?.port ?? port}`;
        response.writeHead(307, { Location: `//${at}/master${path}` }).end();
      }
    });
  }

  async listen({ host, port }: HostPort): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, "listening");
  }

  /** The address is free when it resolves. */
  async close(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
