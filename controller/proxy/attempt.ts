/** One try at getting an answer from a target: everything up to the answer's first byte. */
import type {
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  InformationEvent,
} from "node:http";
import type { Socket } from "node:net";
import { LEADS } from "./pool/answer-head.ts";
import type { Upstream, InFlight } from "./upstream.ts";

export type Outcome =
  /** Answered, or the client has gone: nothing is left to do. */
  | "done"
  /** Nothing reached the target. */
  | "not-sent"
  /** The target says that another serves: it has done nothing about it. */
  | "elsewhere"
  /** It may have reached the target, brought no answer, and may be sent again. */
  | "hung-up"
  /** It may have been carried out, and must not be sent again. */
  | "interrupted";

export interface AttemptOptions {
  readonly upstream: Upstream;
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  /** {@link resendable}, and carrying it out twice does no harm. */
  readonly repeatable: boolean;
  /** There is all that it takes to send it again. */
  readonly resendable: boolean;
  /** Over a connection of its own, whether it is repeatable or not. */
  readonly fresh?: boolean;
  /** Registers what to do when the client has gone; returns how to unregister. */
  onGone(left: () => void): () => void;
  /** Sends the body; called when there is a connection. */
  send(outgoing: ClientRequest): void;
  /** The answer's headers are there; resolves when it was passed on, or cannot be. */
  answer(incoming: IncomingMessage): Promise<void>;
  /** A 1xx before the answer. */
  readonly inform?: (information: InformationEvent) => void;
  /** The target has switched protocols, as asked. */
  readonly switched?: (incoming: IncomingMessage, socket: Socket, head: Buffer) => void;
}

/** Rejects with what `answer` or `switched` throw: a bug of ours, never the target's doing. */
export function attempt(options: AttemptOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    new Attempt(options, resolve, reject).start();
  });
}

class Attempt implements InFlight {
  private readonly outgoing: ClientRequest;
  private readonly leave: () => void;
  private readonly stay: () => void;
  private sent = false;
  private answered = false;
  private settled = false;

  constructor(
    private readonly options: AttemptOptions,
    private readonly resolve: (outcome: Outcome) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    const { upstream, method, path, headers, repeatable, fresh = !repeatable } = options;
    this.outgoing = upstream.request(method, path, headers, fresh);
    this.leave = upstream.enter(this);
    this.stay = options.onGone(() => this.abandon());
  }

  start(): void {
    const { outgoing, options } = this;
    outgoing.once("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => this.connected());
      else this.connected();
    });
    outgoing.on("error", () => this.fail());
    outgoing.once("close", () => this.fail());
    outgoing.once("response", (incoming) => {
      if (this.settled) return;
      if (options.resendable && isElsewhere(incoming.statusCode, incoming.headers)) {
        this.settle("elsewhere");
        return this.abort();
      }
      this.answered = true;
      this.guarded(async () => {
        await options.answer(incoming);
        this.settle("done");
      });
    });
    const { switched, inform } = options;
    if (inform !== undefined) outgoing.on("information", inform);
    if (switched === undefined) return;
    outgoing.once("upgrade", (incoming, socket, head) => {
      if (this.settled) return socket.destroy();
      this.answered = true;
      this.guarded(async () => {
        switched(incoming, socket as Socket, head);
        this.settle("done");
      });
    });
  }

  /** In an event's handler nobody would catch it. */
  private guarded(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.reject(error);
      this.abandon();
    });
  }

  drain(): void {
    if (this.answered || (this.sent && !this.options.repeatable)) return;
    this.fail();
    this.outgoing.destroy();
  }

  abort(): void {
    this.outgoing.destroy();
  }

  private connected(): void {
    this.sent = true;
    if (!this.settled) this.options.send(this.outgoing);
  }

  /** The connection failed or ended; when answered, the answer's own stream tells of it. */
  private fail(): void {
    if (this.answered) return;
    if (!this.sent) this.settle("not-sent");
    else this.settle(this.options.repeatable ? "hung-up" : "interrupted");
  }

  private abandon(): void {
    this.settle("done");
    this.outgoing.destroy();
  }

  private settle(outcome: Outcome): void {
    if (this.settled) return;
    this.settled = true;
    this.stay();
    this.leave();
    this.resolve(outcome);
  }
}

/** A server that leads no more, or not yet, tells it so: its 503 is not Jupyter's word on a request. */
export function isElsewhere(status: number | undefined, headers: IncomingHttpHeaders): boolean {
  return status === 503 && headers[LEADS] === "false";
}
