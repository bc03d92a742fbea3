/** A plain HTTP request on its way through the proxy. */
import type { ClientRequest, IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import { attempt, type Outcome } from "./attempt.ts";
import type { Exchange } from "./dispatch.ts";
import { type Headed, requestHeaders, responseHeaders, trailers } from "./headers.ts";
import { type Information, informationHead } from "./information.ts";
import { LIMITS } from "./limits.ts";
import { pooledGet } from "./pooled-get.ts";
import type { RequestBody } from "./request-body.ts";
import { BAD_ANSWER, type Refusal, sendRefusal } from "./unavailable.ts";
import type { Upstream } from "./upstream.ts";

/** RFC 9110, section 9.2.2: carried out twice, they mean what they mean once. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** What an answer may begin with; Node's client takes any three digits. */
const STATUS_MIN = 200;
const STATUS_MAX = 999;
const NOTHING = Buffer.alloc(0);
const BODY_EXPECTED = new Set(["POST", "PUT", "PATCH"]);

export class HttpExchange implements Exchange {
  private informed = 0;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly body: RequestBody,
  ) {
    response.on("timeout", (socket) => {
      // The client has done its part, and waits: for as long as Jupyter thinks.
      if (request.complete && socket.writableLength === 0) socket.setTimeout(LIMITS.idleMs);
      else socket.destroy();
    });
  }

  get gone(): boolean {
    return this.response.destroyed;
  }

  onGone(left: () => void): () => void {
    this.response.once("close", left);
    return () => this.response.off("close", left);
  }

  attempt(upstream: Upstream): Promise<Outcome> {
    if (this.body.kind !== "none") return this.attemptByNode(upstream);
    const { request, response } = this;
    const inform = (statusCode: number, information: Headed) =>
      this.inform({ ...information, statusCode });
    return new Promise((resolve, reject) => {
      const options = { upstream, request, response, inform };
      if (!pooledGet(options, resolve, reject)) resolve(this.attemptByNode(upstream));
    });
  }

  private attemptByNode(upstream: Upstream): Promise<Outcome> {
    const { request, body } = this;
    const method = request.method ?? "GET";
    const resendable = body.kind !== "stream";
    const repeatable = resendable && IDEMPOTENT.has(method);
    const framing = { bodyBytes: knownLength(method, body), keepAlive: repeatable };
    return attempt({
      upstream,
      method,
      path: request.url ?? "/",
      headers: requestHeaders(request, framing),
      resendable,
      repeatable,
      onGone: (left) => this.onGone(left),
      send: (outgoing) => this.send(outgoing),
      answer: (incoming) => this.answer(incoming),
      inform: (information) => this.inform(information),
    });
  }

  /** Whoever waits behind another request on the same connection goes without. */
  private inform(information: Information): void {
    const { request, response } = this;
    this.informed += 1;
    if (this.informed > LIMITS.informationalMax || request.httpVersion === "1.0") return;
    response.socket?.write(informationHead(information), "latin1");
  }

  refuse(refusal: Refusal): void {
    this.request.unpipe();
    sendRefusal(this.request, this.response, refusal);
  }

  private send(outgoing: ClientRequest): void {
    switch (this.body.kind) {
      case "none":
        outgoing.end();
        return;
      case "kept":
        outgoing.end(this.body.bytes);
        return;
      case "stream":
        pass(this.request, outgoing);
    }
  }

  private answer(incoming: IncomingMessage): Promise<void> {
    // Answered before the upload was over: what is left of it is not waited for.
    const early = this.body.kind === "stream" && !this.request.complete;
    return relay(incoming, this.response, early);
  }
}

/**
 * Passes an answer on. One that breaks off breaks the client's connection too: ending it would
 * make half a file look like a whole one.
 *
 * @param last the client's connection cannot be used for another request
 */
export function relay(
  incoming: IncomingMessage,
  response: ServerResponse,
  last: boolean,
): Promise<void> {
  const status = incoming.statusCode ?? 0;
  if (status < STATUS_MIN || status > STATUS_MAX) {
    incoming.destroy();
    sendRefusal(response.req, response, BAD_ANSWER);
    return Promise.resolve();
  }
  const headers = responseHeaders(incoming, mayHaveTrailers(incoming, response.req));
  if (last) headers.push("Connection", "close");
  response.writeHead(status, reasonPhrase(incoming), headers);
  // Without a known length the body may be long in coming: an event stream, a long poll.
  // Not by flushHeaders, which writes bytes above ASCII in UTF-8.
  if (incoming.headers["content-length"] === undefined) response.write(NOTHING);
  pass(incoming, response);
  // By hand, since stream.pipeline costs a tenth of the proxy's time (docs/decisions/0004).
  return new Promise((resolve) => {
    incoming.on("error", ignore);
    incoming.once("close", () => {
      if (!incoming.complete) response.destroy();
    });
    response.once("close", () => {
      incoming.destroy();
      resolve();
    });
  });
}

/** Body, and what stands behind it. */
function pass(from: IncomingMessage, to: OutgoingMessage): void {
  if (from.headers["transfer-encoding"] !== undefined) {
    from.once("end", () => {
      // Before pipe's own listener, which ends the message.
      if (from.rawTrailers.length > 0) to.addTrailers(trailers(from));
    });
  }
  from.pipe(to);
}

function mayHaveTrailers(incoming: IncomingMessage, asked: IncomingMessage): boolean {
  const bare = asked.method === "HEAD" || asked.httpVersion === "1.0";
  return !bare && incoming.headers["transfer-encoding"] !== undefined;
}

/** Jupyter's own wording where it may be passed on (RFC 9112, section 4). */
function reasonPhrase(incoming: IncomingMessage): string {
  const phrase = incoming.statusMessage ?? "";
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(phrase) ? phrase : "";
}

function knownLength(method: string, body: RequestBody): number | null {
  if (body.kind === "kept") return body.bytes.length;
  return body.kind === "none" && BODY_EXPECTED.has(method) ? 0 : null;
}

/** It always closes after an error. */
function ignore(): void {}
