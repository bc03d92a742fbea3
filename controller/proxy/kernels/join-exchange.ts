/** The joining of a page's WebSocket to the server that serves its kernel now. */
import type { IncomingMessage } from "node:http";
import { attempt, type Outcome } from "../attempt.ts";
import type { Exchange } from "../dispatch.ts";
import { upgradeHeaders } from "../headers.ts";
import type { Upstream } from "../upstream.ts";
import type { Refusal } from "../unavailable.ts";
import { HANGS_UP } from "../unavailable.ts";
import { JOIN, joinedOf, joinHeader } from "./kernel-channel.ts";
import type { KernelLink } from "./kernel-link.ts";

export class JoinExchange implements Exchange {
  constructor(
    /** With which the browser opened it: its session, its cookies and its key are asked for again. */
    private readonly request: IncomingMessage,
    private readonly link: KernelLink,
    private readonly protocol: string,
  ) {}

  get gone(): boolean {
    return this.link.gone;
  }

  onGone(left: () => void): () => void {
    return this.link.onGone(left);
  }

  attempt(upstream: Upstream): Promise<Outcome> {
    const { request, link, protocol } = this;
    const headers = upgradeHeaders(request, false);
    headers.push(JOIN, joinHeader(link.received() ?? {}, link.kernel));
    return attempt({
      upstream,
      method: "GET",
      path: request.url ?? "/",
      headers,
      resendable: true,
      repeatable: true,
      fresh: true,
      onGone: (left) => link.onGone(left),
      send: (outgoing) => outgoing.end(),
      answer: (incoming) => {
        // The kernel is gone, or the session: the page finds out when it connects anew.
        incoming.destroy();
        link.takeLeave("refused", incoming.statusCode);
        return Promise.resolve();
      },
      switched: (incoming, server, head) => {
        const joined = joinedOf(incoming, protocol);
        if (joined === null) {
          server.destroy();
          return link.takeLeave("unknown-to-server");
        }
        if (head.length > 0) server.unshift(head);
        link.attach(server, upstream, joined.kernel);
      },
    });
  }

  refuse(refusal: Refusal): void {
    this.link.takeLeave(refusal === HANGS_UP ? "refused" : "no-leader");
  }
}
