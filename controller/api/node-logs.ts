/** Passes a unit's log from its node's agent to a client, for as long as both stay. */
import type { Readable } from "node:stream";
import type { Logger } from "../model/ports.ts";
import type { ApiExchange } from "./exchange.ts";
import type { ApiOperations, NodeLogRequest } from "./operations.ts";
import type { Streams } from "./streams.ts";

export class NodeLogs {
  constructor(
    private readonly operations: Pick<ApiOperations, "nodeLog">,
    private readonly streams: Streams,
    private readonly log: Logger,
  ) {}

  /** @throws StatusError TooManyRequests; OperationError */
  async send(exchange: ApiExchange, wanted: NodeLogRequest): Promise<void> {
    const { request, response } = exchange;
    this.streams.add(response);
    const source = await this.operations.nodeLog(wanted);
    response.writeHead(200, {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    });
    if (request.method === "HEAD" || response.destroyed) {
      source.on("error", () => {}).destroy();
      response.end();
      return;
    }
    response.flushHeaders();
    await this.pass(exchange, source, wanted);
  }

  /** A log that breaks off breaks the answer, so that nobody takes it for the end. */
  private pass(
    { response }: ApiExchange,
    source: Readable,
    { node }: NodeLogRequest,
  ): Promise<void> {
    return new Promise((resolve) => {
      source.on("error", (error) => {
        this.log.warn({ node: node.name, err: error }, "node log broke off");
        response.destroy();
      });
      response.once("close", () => {
        source.destroy();
        resolve();
      });
      source.pipe(response);
    });
  }
}
