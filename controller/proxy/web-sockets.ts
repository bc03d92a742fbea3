/** The open WebSockets of a proxy: what becomes of each when its target is lost. */
import type { Clock } from "../model/ports.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type Dispatch, dispatch } from "./dispatch.ts";
import { JoinExchange } from "./kernels/join-exchange.ts";
import { KernelLink } from "./kernels/kernel-link.ts";
import { LIMITS } from "./limits.ts";
import type { WebSocketOpened } from "./upgrade-exchange.ts";
import type { Upstream } from "./upstream.ts";
import { WebSocketLink } from "./websocket-link.ts";

export interface WebSocketsOptions {
  readonly clock: Clock;
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
  private readonly budget = new ByteBudget(LIMITS.join.wholeBytesTotalMax);

  constructor(private readonly options: WebSocketsOptions) {}

  open(opened: WebSocketOpened): void {
    this.count += 1;
    if (opened.joinable === null) this.openPlain(opened);
    else this.openJoinable(opened, opened.joinable.protocol);
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

  private openJoinable(opened: WebSocketOpened, protocol: string): void {
    const { upstream, client, server, request } = opened;
    const { clock, joining } = this.options;
    const link: KernelLink = new KernelLink({
      client,
      protocol,
      clock,
      budget: this.budget,
      onLost: (from) => this.options.onLost(from),
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
    link.attach(server, upstream);
  }
}
