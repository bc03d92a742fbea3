/** The open WebSockets of a proxy: what becomes of each when its target is lost. */
import type { IncomingMessage } from "node:http";
import type { Clock, Logger } from "../model/ports.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type Dispatch, dispatch } from "./dispatch.ts";
import { JoinExchange } from "./kernels/join-exchange.ts";
import { type JoinOutcome, noJoins, type OutcomeFacts } from "./kernels/join-outcome.ts";
import type { Joinable } from "./kernels/kernel-channel.ts";
import { KernelLink } from "./kernels/kernel-link.ts";
import { LIMITS } from "./limits.ts";
import type { WebSocketOpened } from "./upgrade-exchange.ts";
import type { Upstream } from "./upstream.ts";
import { WebSocketLink } from "./websocket-link.ts";

export interface WebSocketsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** How the next server of one that is held is found. */
  readonly joining: Dispatch;
  /** The target hung up without a close frame. */
  onLost(upstream: Upstream): void;
  /** A bug of ours. */
  onError(error: unknown): void;
}

export class WebSockets {
  /** How many are open. */
  count = 0;
  /** Since the start. */
  readonly joins = noJoins();
  private readonly budget = new ByteBudget(LIMITS.join.wholeBytesTotalMax);

  constructor(private readonly options: WebSocketsOptions) {}

  open(opened: WebSocketOpened): void {
    this.count += 1;
    if (opened.joinable === null) this.openPlain(opened);
    else this.openJoinable(opened, opened.joinable);
  }

  private openPlain({ upstream, client, server }: WebSocketOpened): void {
    const link = new WebSocketLink({
      client,
      server,
      clock: this.options.clock,
      onLost: () => this.options.onLost(upstream),
      onClosed: () => {
        this.count -= 1;
        leave();
      },
    });
    const leave = upstream.enter(link);
  }

  private openJoinable(opened: WebSocketOpened, first: Joinable): void {
    const { upstream, client, server, request } = opened;
    const { protocol } = first;
    const { clock, joining } = this.options;
    const link: KernelLink = new KernelLink({
      client,
      first,
      clock,
      budget: this.budget,
      onLost: (from) => this.options.onLost(from),
      onOutcome: (outcome, facts) => this.noteJoin(kernelOf(request), outcome, facts),
      rejoin: () => {
        dispatch(new JoinExchange(request, link, protocol), joining).catch((error: unknown) => {
          this.options.onError(error);
          link.abort();
        });
      },
      onClosed: () => {
        this.count -= 1;
      },
    });
    link.attach(server, upstream, first.kernel);
  }

  private noteJoin(kernel: string, outcome: JoinOutcome, facts: OutcomeFacts): void {
    this.joins[outcome] += 1;
    const { log } = this.options;
    const told = { kernel, outcome, ...facts };
    if (outcome === "joined" || outcome === "another-kernel") log.info(told, "WebSocket is joined");
    else log.warn(told, "WebSocket cannot be joined, its page is to connect anew");
  }
}

/** The id alone: the rest of the address may hold a token. */
function kernelOf({ url = "" }: IncomingMessage): string {
  return /\/api\/kernels\/([\w-]+)\//.exec(url)?.[1] ?? "";
}
