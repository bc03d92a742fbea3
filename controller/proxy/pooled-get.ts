/**
 * One try at a GET without a body, which most requests of a page are, over a kept connection. It
 * differs from {@link attempt} in nothing that client or target could see, and costs a third of what a
 * node:http request does.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isElsewhere, type Outcome } from "./attempt.ts";
import { type Headed, requestHeaders, responseHeaders, trailers } from "./headers.ts";
import type { AnswerHead } from "./pool/answer-head.ts";
import type { Asker, TargetConnection } from "./pool/target-connection.ts";
import { BAD_ANSWER, sendRefusal } from "./unavailable.ts";
import type { InFlight, Upstream } from "./upstream.ts";

const INFORMATION_MIN = 100;
const FINAL_MIN = 200;
/** They have no body, whatever their headers say (RFC 9112, section 6.3). */
const BARE: ReadonlySet<number> = new Set([204, 304]);
const NOTHING = Buffer.alloc(0);
const NOT_IN_PATH = /[^\x21-\x7e\x80-\xff]/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export interface PooledGetOptions {
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** A 1xx before the answer. */
  inform(statusCode: number, information: Headed): void;
}

/**
 * Starts it; `settle` is called once. Null: it cannot be sent in this way, and was not. What is thrown is a bug
 * of ours, and goes to `fail`.
 */
export function pooledGet(
  options: PooledGetOptions,
  settle: (outcome: Outcome) => void,
  fail: (error: unknown) => void,
): boolean {
  const head = headOf(options.request);
  if (head === null) return false;
  new PooledGet(options, settle, fail).start(head);
  return true;
}

/** Null: it is no such request, or Node's parser has let through what is not to be passed on. */
function headOf(request: IncomingMessage): string | null {
  const { method, url = "", headers } = request;
  if (method !== "GET" || !url.startsWith("/") || NOT_IN_PATH.test(url)) return null;
  if (headers.expect !== undefined || headers["content-length"] !== undefined) return null;
  const passed = requestHeaders(request, { bodyBytes: null, keepAlive: true });
  let head = `GET ${url} HTTP/1.1\r\n`;
  for (let i = 0; i + 1 < passed.length; i += 2) {
    const value = passed[i + 1] as string;
    if (NOT_IN_VALUE.test(value)) return null;
    head += `${passed[i]}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

class PooledGet implements InFlight, Asker {
  private readonly leave: () => void;
  private connection: TargetConnection | null = null;
  private isSent = false;
  private answered = false;
  private complete = false;
  private settled = false;

  constructor(
    private readonly options: PooledGetOptions,
    private readonly settleWith: (outcome: Outcome) => void,
    private readonly failWith: (error: unknown) => void,
  ) {
    this.leave = options.upstream.enter(this);
    options.response.once("close", this.onClose);
  }

  start(head: string): void {
    this.connection = this.options.upstream.pool.ask(head, this);
  }

  drain(): void {
    if (this.answered) return;
    this.fail();
    this.abort();
  }

  abort(): void {
    // Once it is complete, the connection may be another request's.
    if (!this.complete) this.connection?.destroy();
  }

  sent(): void {
    this.isSent = true;
  }

  head(head: AnswerHead): void {
    this.guarded(() => {
      const { status } = head;
      if (status >= INFORMATION_MIN && status < FINAL_MIN) this.options.inform(status, head);
      else if (!this.settled) this.answer(head);
    });
  }

  body(bytes: Buffer, done: (() => void) | undefined): boolean {
    const { response } = this.options;
    return response.destroyed || response.write(bytes, done);
  }

  ended(rawTrailers: readonly string[]): void {
    this.complete = true;
    const { response } = this.options;
    if (this.settled || response.destroyed) return;
    this.guarded(() => {
      if (rawTrailers.length > 0) response.addTrailers(trailers({ rawTrailers }));
      response.end();
    });
  }

  lost(): void {
    this.complete = true;
    // Ending it would make half a file look like a whole one.
    if (this.answered) this.options.response.destroy();
    else this.fail();
  }

  private answer(head: AnswerHead): void {
    const { request, response } = this.options;
    const { status, headers } = head;
    if (isElsewhere(status, headers)) {
      this.settle("elsewhere");
      return this.abort();
    }
    this.answered = true;
    if (status < FINAL_MIN) {
      sendRefusal(request, response, BAD_ANSWER);
      return this.abort();
    }
    const chunked = request.httpVersion !== "1.0" && headers["transfer-encoding"] !== undefined;
    response.writeHead(status, printable(head.phrase), responseHeaders(head, chunked));
    if (BARE.has(status)) return;
    response.on("drain", this.onDrain);
    // Without a known length the body may be long in coming: an event stream, a long poll.
    if (headers["content-length"] === undefined) response.write(NOTHING);
  }

  private readonly onDrain = () => {
    if (!this.complete) this.connection?.resume();
  };

  private readonly onClose = () => {
    this.settle("done");
    this.abort();
  };

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failWith(error);
      this.onClose();
    }
  }

  private fail(): void {
    this.settle(this.isSent ? "hung-up" : "not-sent");
  }

  private settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    this.options.response.off("close", this.onClose);
    this.leave();
    this.settleWith(outcome);
  }
}

/** The target's own wording where it may be passed on (RFC 9112, section 4). */
function printable(phrase: string): string {
  return NOT_IN_VALUE.test(phrase) ? "" : phrase;
}
