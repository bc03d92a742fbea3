/** One attempt to deliver a change, and what its outcome means. */
import { Agent, request } from "undici";
import type { ClusterRef } from "../model/ids.ts";
import type { ConditionChange } from "../model/condition-change.ts";
import { messageOf } from "../model/errors.ts";
import type { Clock } from "../model/ports.ts";
import { RELEASE } from "../model/release.ts";
import { signature, SIGNATURE_HEADER } from "./signature.ts";

/** For one attempt in all. Milliseconds. */
const ATTEMPT_MS_MAX = 10_000;
/** Answered by those who may take it later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);
const GONE = 410;

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/** `failed` is tried again; `gone`: the receiver wants nothing more, ever. */
export type Outcome =
  | { readonly is: "delivered" }
  | { readonly is: "failed" | "refused" | "gone"; readonly why: string };

export interface Delivery {
  /** The same at each attempt, whichever controller makes it. */
  readonly id: string;
  readonly cluster: ClusterRef & { readonly uid: string };
  readonly change: ConditionChange;
}

export class Deliverer {
  private readonly agent = new Agent({
    connect: { timeout: ATTEMPT_MS_MAX },
    headersTimeout: ATTEMPT_MS_MAX,
    bodyTimeout: ATTEMPT_MS_MAX,
  });
  private readonly ended = new AbortController();

  constructor(
    private readonly target: WebhookTarget,
    private readonly clock: Pick<Clock, "now">,
    private readonly attemptMsMax = ATTEMPT_MS_MAX,
  ) {}

  /** Ends within its bound, however the receiver behaves. Follows no redirection. */
  async attempt(delivery: Delivery): Promise<Outcome> {
    const { url, secret } = this.target;
    const body = bodyOf(delivery);
    const seconds = Math.floor(this.clock.now() / 1000);
    try {
      const { statusCode, body: answer } = await request(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          "user-agent": `jupyter-cluster/${RELEASE}`,
          "x-jupyter-cluster-delivery": delivery.id,
          [SIGNATURE_HEADER]: signature(secret, seconds, body),
        },
        dispatcher: this.agent,
        signal: AbortSignal.any([this.ended.signal, AbortSignal.timeout(this.attemptMsMax)]),
      });
      // What it says beside its status is of no interest, and a body without end even less.
      answer.on("error", () => undefined).destroy();
      return outcomeOf(statusCode);
    } catch (error) {
      return { is: "failed", why: messageOf(error) };
    }
  }

  /** An attempt under way ends as failed. */
  async close(): Promise<void> {
    this.ended.abort();
    await this.agent.destroy();
  }
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { is: "delivered" };
  const why = `it answered ${status}`;
  if (status === GONE) return { is: "gone", why };
  return { is: status >= 500 || LATER.has(status) ? "failed" : "refused", why };
}

function bodyOf({ id, cluster, change }: Delivery): string {
  const { condition, from, to, reason, message, at, sequence } = change;
  return JSON.stringify({
    id,
    sequence,
    cluster,
    condition,
    oldStatus: from,
    newStatus: to,
    reason,
    message,
    time: new Date(at).toISOString(),
  });
}
