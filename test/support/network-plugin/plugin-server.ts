/** Docker's plug-in protocol (docs.docker.com, "Plugin API"): JSON by POST over a Unix socket. */
import { mkdir, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { dirname } from "node:path";

/** Where Docker looks for sockets of plug-ins, by their names. */
export const PLUGIN_DIR = "/run/docker/plugins";

/** What a plug-in answers; a string: it refuses, with this as its reason. */
export type Answer = object | string;

/** By the last part of the path, e.g. `RequestAddress`; what is missing is answered with `{}`. */
export type Methods = Readonly<Record<string, (request: never) => Promise<Answer> | Answer>>;

export class PluginServer {
  private readonly server: Server;
  /** Methods that are refused, with the reason: faults of a test. */
  readonly refused = new Map<string, string>();

  /** @param kind what it implements, e.g. `NetworkDriver` */
  constructor(
    readonly name: string,
    private readonly kind: "NetworkDriver" | "IpamDriver",
    private readonly methods: Methods,
  ) {
    this.server = createServer((request, response) => {
      const method = (request.url ?? "").split(".").at(-1) ?? "";
      void json(request)
        .catch(() => ({}))
        .then((body) => this.answer(method, body))
        .then((answer) => {
          const refusal = typeof answer === "string" ? { Err: answer } : null;
          response.writeHead(refusal === null ? 200 : 500, {
            "Content-Type": "application/vnd.docker.plugins.v1.1+json",
          });
          response.end(JSON.stringify(refusal ?? answer));
        });
    });
  }

  get socket(): string {
    return `${PLUGIN_DIR}/${this.name}.sock`;
  }

  async start(): Promise<void> {
    await mkdir(dirname(this.socket), { recursive: true });
    await rm(this.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(this.socket, resolve);
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    await rm(this.socket, { force: true });
  }

  private async answer(method: string, body: unknown): Promise<Answer> {
    if (method === "Activate") return { Implements: [this.kind] };
    const refusal = this.refused.get(method);
    if (refusal !== undefined) return refusal;
    try {
      return (await this.methods[method]?.(body as never)) ?? {};
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
