/** The kernels' API on its Unix socket (kernels/kernel-api.ts). */
import { chmod, chown, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { answering } from "../../../controller/support/answering.ts";
import { CheckError } from "../../../controller/support/checker.ts";
import type { KernelApi } from "../kernels/kernel-api.ts";
import type { FileOwner } from "../ports/files.ts";
import { respond, respondEmpty } from "./answer.ts";

const BODY_BYTES_MAX = 512 * 1024;
const BODY_MS_MAX = 5_000;
const CONNECTIONS_MAX = 256;
const HEARTBEAT_MS = 5_000;
/** A watcher that does not read is cut off. */
const UNREAD_BYTES_MAX = 64 * 1024;

export interface KernelServerOptions {
  readonly path: string;
  readonly api: KernelApi;
  readonly clock: Clock;
  readonly log: Logger;
}

export class KernelServer {
  private server: Server | null = null;

  constructor(private readonly options: KernelServerOptions) {}

  /** @param owner beside root the only one who may connect */
  async listen(owner: FileOwner): Promise<void> {
    const { path, log } = this.options;
    const listener = answering((request, response) => this.answer(request, response), {
      log,
      refuse: (response, error) => respond(response, 500, { message: messageOf(error) }),
    });
    const server = createServer({ requestTimeout: 0 }, listener);
    server.maxConnections = CONNECTIONS_MAX;
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    this.server = server;
    await chmod(path, 0o600);
    await chown(path, owner.uid, owner.gid);
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = "/"] = (request.url ?? "/").split("?");
    const method = request.method ?? "GET";
    if (`${method} ${path}` === "GET /v1/watch") return this.watch(response);
    const body = () => readJson(request);
    const { status, body: told } = await this.options.api.answer({ method, path, body });
    if (told === null) return respondEmpty(response);
    respond(response, status, told);
  }

  private watch(response: ServerResponse): void {
    const { api, clock } = this.options;
    response.writeHead(200, {
      "content-type": "application/x-ndjson",
      "cache-control": "no-store",
    });
    let cancel: () => void = () => undefined;
    const tell = () => {
      cancel();
      response.write(`${JSON.stringify(api.standing())}\n`);
      if (response.writableLength > UNREAD_BYTES_MAX) return response.destroy();
      cancel = clock.after(HEARTBEAT_MS, tell);
    };
    const unsubscribe = api.orders.standing.subscribe(tell);
    response.once("close", () => {
      cancel();
      unsubscribe();
    });
    tell();
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const timer = setTimeout(() => request.destroy(new Error("the body is late")), BODY_MS_MAX);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX)
        throw new CheckError(`body is longer than ${BODY_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new CheckError("body is not JSON");
  }
}
