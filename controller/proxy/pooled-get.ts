/**
 * One try at a GET without a body, which most requests of a page are, over a kept connection. It
 * differs from {@link attempt} in nothing that client or target could see: undici's dispatcher hands
 * headers and body on as they come, for a third of what a node:http request costs.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isElsewhere, type Outcome } from "./attempt.ts";
import {
  type Headed,
  type Head,
  rawHead,
  requestHeaders,
  responseHeaders,
  trailers,
} from "./headers.ts";
import { BAD_ANSWER, sendRefusal } from "./unavailable.ts";
import type { InFlight, Upstream } from "./upstream.ts";

const INFORMATION_MIN = 100;
const FINAL_MIN = 200;
/** They have no body, whatever their headers say (RFC 9112, section 6.3). */
const BARE: ReadonlySet<number> = new Set([204, 304]);
const NOTHING = Buffer.alloc(0);
/** undici refuses them before anything is sent; Node's parsers are less strict. */
const UNFIT: ReadonlySet<string> = new Set(["UND_ERR_INVALID_ARG", "UND_ERR_NOT_SUPPORTED"]);

export interface PooledGetOptions {
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** A 1xx before the answer. */
  inform(statusCode: number, information: Headed): void;
}

/** Whether it may be tried in this way; the request has no body. */
export function fitsPool({ method, url = "", headers }: IncomingMessage): boolean {
  return (
    method === "GET" &&
    url.startsWith("/") &&
    headers.expect === undefined &&
    headers["content-length"] === undefined
  );
}

/**
 * Null: it cannot be sent in this way, and was not. Rejects with a bug of ours, never with the
 * target's doing.
 */
export function pooledGet(options: PooledGetOptions): Promise<Outcome | null> {
  return new Promise((resolve, reject) => {
    new PooledGet(options, resolve, reject).start();
  });
}

class PooledGet implements InFlight {
  private readonly leave: () => void;
  private stop: (() => void) | null = null;
  private answered = false;
  private complete = false;
  private settled = false;

  constructor(
    private readonly options: PooledGetOptions,
    private readonly resolve: (outcome: Outcome | null) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.leave = options.upstream.enter(this);
    options.response.once("close", this.onClose);
  }

  start(): void {
    const { upstream, request } = this.options;
    const headers = requestHeaders(request, { bodyBytes: null, keepAlive: true });
    upstream.get(request.url ?? "/", headers, this);
  }

  drain(): void {
    if (this.answered) return;
    this.fail();
    this.abort();
  }

  abort(): void {
    this.stop?.();
  }

  /** There is a connection, and it is being sent. */
  onConnect(abort: () => void): void {
    if (this.settled) return abort();
    this.stop = abort;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, phrase: string): boolean {
    this.guarded(() => {
      const head = rawHead(raw);
      if (status >= INFORMATION_MIN && status < FINAL_MIN) this.options.inform(status, head);
      else if (!this.settled) this.answer(status, head, resume, phrase);
    });
    return true;
  }

  onData(chunk: Buffer): boolean {
    const { response } = this.options;
    return this.complete || response.destroyed || response.write(chunk);
  }

  onComplete(raw: readonly (string | Buffer)[] | null): void {
    if (this.complete) return;
    this.complete = true;
    const { response } = this.options;
    if (this.settled || response.destroyed) return;
    this.guarded(() => {
      if (raw !== null && raw.length > 0) {
        response.addTrailers(trailers({ rawTrailers: raw.map(latin1) }));
      }
      response.end();
    });
  }

  onError(error: Error & { readonly code?: string }): void {
    // Ending it would make half a file look like a whole one.
    if (this.complete) return;
    if (this.answered) this.options.response.destroy();
    else if (this.stop === null && UNFIT.has(error.code ?? "")) this.settle(null);
    else this.fail();
  }

  private answer(status: number, head: Head, resume: () => void, phrase: string): void {
    const { request, response } = this.options;
    if (isElsewhere(status, head.headers)) {
      this.settle("elsewhere");
      return this.abort();
    }
    this.answered = true;
    if (status < FINAL_MIN) {
      sendRefusal(request, response, BAD_ANSWER);
      return this.abort();
    }
    const chunked =
      request.httpVersion !== "1.0" && head.headers["transfer-encoding"] !== undefined;
    response.writeHead(status, printable(phrase), responseHeaders(head, chunked));
    // Without a known length the body may be long in coming: an event stream, a long poll.
    if (head.headers["content-length"] === undefined && !BARE.has(status)) response.write(NOTHING);
    if (!BARE.has(status)) return void response.on("drain", resume);
    // undici waits for the body that the headers may speak of, and takes its lack for an error.
    this.complete = true;
    response.end();
  }

  private readonly onClose = () => {
    this.settle("done");
    if (!this.complete) this.abort();
  };

  /** undici would take what is thrown for the target's failure. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.reject(error);
      this.onClose();
    }
  }

  private fail(): void {
    this.settle(this.stop === null ? "not-sent" : "hung-up");
  }

  private settle(outcome: Outcome | null): void {
    if (this.settled) return;
    this.settled = true;
    this.options.response.off("close", this.onClose);
    this.leave();
    this.resolve(outcome);
  }
}

/** The target's own wording where it may be passed on (RFC 9112, section 4); undici reads UTF-8. */
function printable(phrase: string): string {
  if (/^[\t\x20-\x7e]*$/.test(phrase)) return phrase;
  const bytes = Buffer.from(phrase, "utf8").toString("latin1");
  return phrase.includes("\ufffd") || !/^[\t\x20-\x7e\x80-\xff]*$/.test(bytes) ? "" : bytes;
}

function latin1(text: string | Buffer): string {
  return typeof text === "string" ? text : text.toString("latin1");
}
