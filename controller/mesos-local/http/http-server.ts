/** HTTP in front of the master: routes, content negotiation, status codes as of Mesos 1.12. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type ListenAddress, listen, listenOnSocket } from "../../support/listen.ts";
import { ConnectionShare } from "../../support/connection-share.ts";
import { answering } from "../../support/answering.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { EventStream } from "./event-stream.ts";
import type { Frameworks } from "../master/frameworks.ts";
import type { Caller } from "../master/caller.ts";
import type { Master } from "../master/master.ts";
import type { SandboxFiles } from "./files.ts";
import { parseCall } from "./parse-call.ts";
import type { Refusal, TcpGuard } from "./tcp-guard.ts";

const BODY_BYTES_MAX = 10 * 2 ** 20;
const CONNECTIONS_MAX = 512;
/** A scheduler's idle connection outlives several heartbeats. */
const KEEP_ALIVE_MS = 75_000;
/** Until a request's headers are complete. */
const HEADERS_MS_MAX = 10_000;
const JSON_TYPE = "application/json";

export interface ServerDeps {
  readonly master: Master;
  readonly frameworks: Frameworks;
  /** Documents of the GET endpoints, by name: version, health, state. */
  readonly documents: ReadonlyMap<string, () => object>;
  readonly files: SandboxFiles;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who asks, before anything of the request is read. */
type Admit = (request: IncomingMessage) => Caller | Refusal;

export class HttpServer {
  /** One for each door, so that nobody at one of them takes the other's connections. */
  private readonly servers: Server[] = [];
  private isReady = false;

  constructor(private readonly deps: ServerDeps) {}

  /** For whoever may open the socket: nobody has to say who it is. */
  async listenOnSocket(path: string): Promise<void> {
    await listenOnSocket(
      this.newServer(() => ({ door: "socket" })),
      path,
      "embedded Mesos",
    );
  }

  /**
   * @returns the port listened on
   * @throws OperationError ADDRESS_IN_USE naming the address
   */
  listenOnTcp(address: ListenAddress, guard: TcpGuard): Promise<number> {
    const remedy = "Stop it, or give the embedded Mesos another address.";
    const server = this.newServer((request) => guard.check(request));
    return listen(server, address, "embedded Mesos", remedy);
  }

  /** From now on calls are answered; before, 503 as of a master that recovers its state. */
  open(): void {
    this.isReady = true;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.servers.map(async (server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeAllConnections();
        await closed;
      }),
    );
  }

  private newServer(admit: Admit): Server {
    const handle = async (request: IncomingMessage, response: ServerResponse) => {
      const caller = admit(request);
      if (!("door" in caller)) return refuse(response, caller);
      share.trust(request);
      return this.route(request, response, caller);
    };
    const listener = answering(handle, {
      log: this.deps.log,
      refuse: (response) => text(response, 500, "The embedded Mesos has a bug"),
    });
    const limits = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS_MAX };
    const server = createServer({ ...limits, connectionsCheckingInterval: 1_000 }, listener);
    const share = new ConnectionShare(server, CONNECTIONS_MAX);
    this.servers.push(server);
    return server;
  }

  private async route(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<void> {
    const path = (request.url ?? "/").split("?")[0]?.replace(/^\/master\//, "/") ?? "/";
    if (path === "/api/v1/scheduler") return this.scheduler(request, response, caller);
    if (path === "/files/read") return this.readFile(request, response, caller);
    const document = this.deps.documents.get(path.slice(1));
    if (document === undefined) return text(response, 404, "Not found");
    if (request.method !== "GET" && request.method !== "HEAD") {
      return notAllowed(response, "GET", request.method);
    }
    response.writeHead(200, { "Content-Type": JSON_TYPE });
    response.end(`${JSON.stringify(document())}\n`);
  }

  private async readFile(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return notAllowed(response, "GET", request.method);
    }
    const query = new URLSearchParams((request.url ?? "").split("?").slice(1).join("?"));
    const { status, body } = await this.deps.files.read(query, caller);
    if (typeof body === "string") return text(response, status, body);
    response.writeHead(status, { "Content-Type": JSON_TYPE });
    response.end(`${JSON.stringify(body)}\n`);
  }

  private async scheduler(
    request: IncomingMessage,
    response: ServerResponse,
    caller: Caller,
  ): Promise<void> {
    if (!this.isReady) return text(response, 503, "Master has not finished recovery");
    if (request.method !== "POST") return notAllowed(response, "POST", request.method);
    const type = request.headers["content-type"];
    if (type === undefined) return text(response, 400, "Expecting 'Content-Type' to be present");
    if (type !== JSON_TYPE) {
      return text(response, 415, `Expecting 'Content-Type' of ${JSON_TYPE}`);
    }
    const body = await readBody(request);
    if (body === "aborted") return;
    if (body === "too large") return text(response, 413, "The request is too large");
    const parsed = parseCall(body.text);
    if (!parsed.ok) return text(response, parsed.status, parsed.message);
    const streamId = request.headers["mesos-stream-id"];
    if (parsed.call.type === "SUBSCRIBE") {
      if (streamId !== undefined) {
        const message = "Subscribe calls should not include the 'Mesos-Stream-Id' header";
        return text(response, 400, message);
      }
      if (!acceptsJson(request.headers.accept)) {
        return text(response, 406, `Expecting 'Accept' to allow ${JSON_TYPE}`);
      }
      const { clock, frameworks, master } = this.deps;
      const refusal = frameworks.refusalOf(parsed.call, caller);
      if (refusal !== null) return text(response, refusal.status, refusal.message);
      const onClosed = (stream: EventStream) => frameworks.disconnected(stream);
      return master.subscribe(parsed.call, caller, new EventStream(response, clock, onClosed));
    }
    const id = Array.isArray(streamId) ? streamId[0] : streamId;
    const answer = await this.deps.master.call(parsed.call, caller, id);
    text(response, answer.status, answer.message);
  }
}

type Body = { readonly text: string } | "too large" | "aborted";

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > BODY_BYTES_MAX) return "too large";
      chunks.push(chunk);
    }
  } catch {
    // The caller has hung up; there is nobody to answer.
    return "aborted";
  }
  return { text: Buffer.concat(chunks).toString("utf8") };
}

function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined) return true;
  const types = accept.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  return types.some((type) => type === "*/*" || type === "application/*" || type === JSON_TYPE);
}

/** What the caller goes on to send is not read. */
function refuse(response: ServerResponse, { status, message }: Refusal): void {
  response.setHeader("Connection", "close");
  if (status === 401) response.setHeader("WWW-Authenticate", 'Basic realm="embedded Mesos"');
  text(response, status, message);
}

function notAllowed(response: ServerResponse, allowed: string, method: string | undefined): void {
  response.setHeader("Allow", allowed);
  text(response, 405, `Expecting one of { '${allowed}' }, but received '${method ?? ""}'`);
}

function text(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(message),
  });
  response.end(message);
}
