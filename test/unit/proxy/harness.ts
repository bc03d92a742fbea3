/** A proxy under test, and clients that talk to it as browsers and programs do. */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";
import { JupyterProxy, type JupyterProxyOptions } from "../../../controller/proxy/jupyter-proxy.ts";
import { silentLog } from "../../support/silent-log.ts";
import type { FakeJupyter } from "./upstreams.ts";

export async function startProxy(options: Partial<JupyterProxyOptions> = {}) {
  const proxy = new JupyterProxy({
    address: "127.0.0.1",
    port: 0,
    holdMs: 10_000,
    log: silentLog,
    ...options,
  });
  await proxy.listen();
  return proxy;
}

export function at(jupyter: Pick<FakeJupyter, "ip" | "port">, term: number) {
  return { ip: jupyter.ip, port: jupyter.port, epoch: 0, term };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  readonly agent?: Agent;
}

export async function ask(proxy: JupyterProxy, options: Ask = {}): Promise<Answer> {
  const incoming = await open(proxy, options);
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body: Buffer.concat(chunks),
  };
}

/** Resolves with the answer's headers; the body is the caller's. */
export function open(proxy: JupyterProxy, options: Ask = {}): Promise<IncomingMessage> {
  const { address, port } = proxy.status();
  const { method = "GET", path = "/", headers = {}, body, agent } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: address,
      port,
      method,
      path,
      headers,
      ...(agent ? { agent } : { agent: false }),
    });
    outgoing.once("response", resolve).once("error", reject);
    outgoing.end(body);
  });
}

export interface TestSocket {
  readonly socket: WebSocket;
  /** Of the answer that opened it. */
  readonly headers: IncomingHttpHeaders;
  /** Code and reason of the close. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** The next message. */
  readonly next: () => Promise<Buffer>;
}

export async function openWebSocket(
  proxy: JupyterProxy,
  path = "/api/kernels/1/channels",
  protocols: string[] = [],
  options: ConstructorParameters<typeof WebSocket>[2] = {},
): Promise<TestSocket> {
  const { address, port } = proxy.status();
  const socket = new WebSocket(`ws://${address}:${port}${path}`, protocols, {
    perMessageDeflate: false,
    maxPayload: 256 * 1024 * 1024,
    ...options,
  });
  let headers: IncomingHttpHeaders = {};
  socket.once("upgrade", (answer) => {
    headers = answer.headers;
  });
  const messages: Buffer[] = [];
  let wanted: ((message: Buffer) => void) | null = null;
  socket.on("message", (data) => {
    const message = data as Buffer;
    if (wanted === null) messages.push(message);
    else wanted(message);
    wanted = null;
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  return {
    socket,
    headers,
    closed,
    next: () =>
      new Promise((resolve) => {
        const message = messages.shift();
        if (message === undefined) wanted = resolve;
        else resolve(message);
      }),
  };
}
