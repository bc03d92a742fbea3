/** The agent's HTTP API (controller/model/agent-api.ts). */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import {
  type StartCommand,
  AGENT_PORT,
  type NodeConfig,
  TERM_HEADER,
} from "../../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../../controller/model/agent-refusal.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { NodeUsage } from "../../../controller/model/node-usage.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import {
  AGENT_TLS,
  AGENT_TLS_IDENTITY,
  agentTlsKey,
} from "../../../controller/support/agent-tls.ts";
import { answering } from "../../../controller/support/answering.ts";
import { ConnectionShare } from "../../../controller/support/connection-share.ts";
import { takeCommand } from "../api/take-start-command.ts";
import type { TermGate } from "../api/term-gate.ts";
import type { StatusBoard } from "../status/status-board.ts";
import type { UnitLog } from "../unit/unit-log.ts";
import { respond, respondEmpty } from "./answer.ts";
import { isAuthorized } from "./authorize.ts";
import { parseLogQuery, streamLog } from "./log-stream.ts";
import { answerMaintenance, type MaintenanceWork } from "./maintenance-routes.ts";
import { streamStatus } from "./watch-stream.ts";

const BODY_BYTES_MAX = 64 * 1024;
/** Milliseconds for the whole of a command; a snapshot has a limit of its own. */
const BODY_MS_MAX = 5_000;
/** More than can come between the controller's connecting and its showing the token. */
const CONNECTIONS_MAX = 256;
/** Milliseconds until a request's headers are complete, and how often that is looked at. */
const HEADERS_MS_MAX = 2_000;
const HEADERS_CHECK_MS = 500;

export interface HttpApiOptions {
  readonly config: NodeConfig;
  readonly board: StatusBoard;
  readonly clock: Clock;
  readonly log: Logger;
  readonly logs: ReadonlyMap<string, UnitLog>;
  /** Of the container before. */
  readonly previousLogs: ReadonlyMap<string, UnitLog>;
  readonly terms: TermGate;
  /** Takes the command over, or says why not. */
  readonly command: (command: StartCommand) => AgentRefusal | null;
  readonly maintenance: MaintenanceWork;
  /** What the container uses now; null: it cannot be told. */
  readonly usage: () => Promise<NodeUsage | null>;
  /** Ends the node if it is this task, or says why not. */
  readonly stopTask: (taskId: string) => AgentRefusal | null;
}

export class HttpApi {
  private readonly servers: Server[] = [];

  constructor(private readonly options: HttpApiOptions) {}

  /** @param addresses to listen on; each must be one of this container */
  async listen(addresses: readonly string[], port = AGENT_PORT): Promise<void> {
    await Promise.all(addresses.map((address) => this.listenOn(address, port)));
  }

  /** Watchers are cut off. */
  async close(): Promise<void> {
    await Promise.all(
      this.servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }),
    );
  }

  private listenOn(address: string, port: number): Promise<void> {
    const admitted = async (request: IncomingMessage, response: ServerResponse) => {
      if (!isAuthorized(request.headers.authorization, this.options.config.tokenSha256)) {
        return refuse(response);
      }
      share.trust(request);
      return this.answer(request, response);
    };
    const listener = answering(admitted, {
      log: this.options.log,
      refuse: (response, error) => respond(response, 500, { message: messageOf(error) }),
    });
    const limits = {
      requestTimeout: 0,
      headersTimeout: HEADERS_MS_MAX,
      connectionsCheckingInterval: HEADERS_CHECK_MS,
    };
    const server = this.newServer(limits, listener);
    const share = new ConnectionShare(server, CONNECTIONS_MAX);
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, () => {
        server.off("error", reject);
        resolve();
      });
    });
  }

  private newServer(limits: ServerOptions, listener: RequestListener): Server {
    const { etcd, tokenSha256 } = this.options.config;
    if (!etcd.tls) return createServer(limits, listener);
    const key = agentTlsKey(tokenSha256);
    const pskCallback = (_socket: TLSSocket, identity: string) =>
      identity === AGENT_TLS_IDENTITY ? key : null;
    const handshakeTimeout = HEADERS_MS_MAX;
    return createTlsServer({ ...limits, ...AGENT_TLS, pskCallback, handshakeTimeout }, listener);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { board, clock, logs, previousLogs, maintenance } = this.options;
    const url = attempt(() => new URL(request.url ?? "/", "http://agent"));
    if (url instanceof Error) return respond(response, 400, { message: "the target is no path" });
    const route = `${request.method} ${url.pathname}`;
    if (request.method === "PUT" || request.method === "POST") {
      const refusal = this.options.terms.refusal(request.headers[TERM_HEADER]);
      if (refusal !== null) return respondLast(response, 409, refusal);
    }
    if (route === "PUT /v1/term") return respondEmpty(response);
    if (route === "GET /v1/status") return respond(response, 200, board.status());
    if (route === "GET /v1/usage") return this.answerUsage(response);
    if (route === "GET /v1/watch") return streamStatus(board, clock, response);
    if (route === "PUT /v1/start") return this.answerCommand(request, response);
    if (route === "POST /v1/stop") {
      const refusal = this.options.stopTask(url.searchParams.get("taskId") ?? "");
      return refusal === null ? respond(response, 202, {}) : respond(response, 409, refusal);
    }
    if (await answerMaintenance(route, { request, response, url }, maintenance)) return;
    const log = logAt(route, logs, previousLogs);
    if (log === undefined) return respond(response, 404, { message: `no ${route}` });
    const query = attempt(() => parseLogQuery(url.searchParams));
    if (query instanceof Error) return respond(response, 400, { message: query.message });
    return streamLog(log, query, response);
  }

  private async answerUsage(response: ServerResponse): Promise<void> {
    const usage = await this.options.usage();
    if (usage !== null) return respond(response, 200, usage);
    respond(response, 501, { message: "the container's cgroup cannot be read" });
  }

  private async answerCommand(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === null) return respond(response, 413, { message: "the command is too long" });
    const value = attempt(() => JSON.parse(body) as unknown);
    if (value instanceof Error) return respond(response, 400, { message: value.message });
    const { config, command } = this.options;
    const { status, answer } = takeCommand(value, config, command);
    return respond(response, status, answer);
  }
}

/** Undefined: there is none. */
function logAt(
  route: string,
  logs: ReadonlyMap<string, UnitLog>,
  previous: ReadonlyMap<string, UnitLog>,
): UnitLog | undefined {
  const [, unit = "", before] = /^GET \/v1\/logs\/([a-z]+)(\/previous)?$/.exec(route) ?? [];
  if (before === undefined) return logs.get(unit);
  const log = previous.get(unit);
  return log?.isEmpty === false ? log : undefined;
}

function refuse(response: ServerResponse): void {
  response.setHeader("www-authenticate", "Bearer");
  respondLast(response, 401, { message: "bearer token missing or wrong" });
}

/** What the caller goes on to send is not read. */
function respondLast(response: ServerResponse, status: number, body: object): void {
  response.setHeader("connection", "close");
  respond(response, status, body);
}

function attempt<T>(make: () => T): T | Error {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const timer = setTimeout(() => request.destroy(new Error("the body is late")), BODY_MS_MAX);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) return null;
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
