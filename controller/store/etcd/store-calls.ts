/**
 * Calls of the store to whichever server answers, each within a bound. What fails becomes an error
 * that a person can act on; the last one is kept, until a call succeeds, for those who ask how it is.
 */
import { ERROR_CODES, type ErrorCode, OperationError } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { type Backoff, delayAfter } from "../../support/backoff.ts";
import { type StoreEtcd, StoreEtcdError, type StoreEtcdProblem } from "./store-etcd.ts";

/** Milliseconds for one call in all. */
const TOTAL_MS_MAX = 3_000;
/** One try on one server: a dead one is passed over quickly, a slow one gets more time later. */
const TRY: Backoff = { firstMs: 500, capMs: 1_500 };
/** Between two rounds in which every server failed at once. */
const ROUND_PAUSE_MS = 100;

export type StoreCall<T> = (server: StoreEtcd, timeoutMs: number) => Promise<T>;

export interface StoreCallsOptions {
  /** For people, without secrets. */
  readonly description: string;
  readonly servers: readonly StoreEtcd[];
  readonly clock: Clock;
  readonly log: Logger;
}

export class StoreCalls {
  private lastProblem: OperationError | null = null;
  /** The server that answered last is asked first. */
  private first = 0;

  constructor(private readonly options: StoreCallsOptions) {}

  get description(): string {
    return this.options.description;
  }

  problem(): OperationError | null {
    return this.lastProblem;
  }

  /**
   * For calls that may arrive twice.
   *
   * @throws OperationError ERR_STATE_UNREACHABLE, ERR_STATE_REFUSED, ERR_STATE_UNWRITABLE;
   *   {@link StoreEtcdError} `compacted`, which only who asks for a revision meets
   */
  async call<T>(operation: string, call: StoreCall<T>, totalMs = TOTAL_MS_MAX): Promise<T> {
    const { clock } = this.options;
    const bound = new Bound(clock, totalMs);
    let last: StoreEtcdError | null = null;
    try {
      for (let round = 1; bound.leftMs > 0; round += 1) {
        const outcome = await this.round(call, delayAfter(TRY, round), bound);
        if ("value" in outcome) return outcome.value;
        last = outcome.error ?? last;
        await bound.pass(ROUND_PAUSE_MS);
      }
    } finally {
      bound.stop();
    }
    throw this.failed(operation, last ?? new StoreEtcdError("unreachable", "no answer in time"));
  }

  /** The server that answers now, for a stream. @param turn the next one after a failed stream */
  server(turn: number): StoreEtcd {
    const { servers } = this.options;
    return servers[(this.first + turn) % servers.length] as StoreEtcd;
  }

  close(): void {
    for (const server of this.options.servers) server.close();
  }

  private async round<T>(
    call: StoreCall<T>,
    tryMs: number,
    bound: Bound,
  ): Promise<{ value: T } | { error: StoreEtcdError | null }> {
    const { servers } = this.options;
    let last: StoreEtcdError | null = null;
    let refused: StoreEtcdError | null = null;
    for (let turn = 0; turn < servers.length && bound.leftMs > 0; turn += 1) {
      const index = (this.first + turn) % servers.length;
      try {
        const timeoutMs = Math.min(tryMs, bound.leftMs);
        const value = await call(servers[index] as StoreEtcd, timeoutMs);
        this.first = index;
        this.answered();
        return { value };
      } catch (error) {
        if (!(error instanceof StoreEtcdError)) throw error;
        last = error;
        if (error.problem !== "unreachable") refused ??= error;
      }
    }
    // One that answered would say the same again; one that does not answer may not be the reason.
    if (refused === null) return { error: last };
    if (refused.problem === "compacted") throw refused;
    throw this.failed("use the store", refused);
  }

  private answered(): void {
    if (this.lastProblem === null) return;
    this.lastProblem = null;
    this.options.log.info({ store: this.description }, "the store answers again");
  }

  private failed(operation: string, error: StoreEtcdError): OperationError {
    const { description, log } = this.options;
    const { code, remedy } = MEANING[error.problem];
    const message = `${description}: ${error.message}. ${remedy}`;
    const problem = new OperationError(code, operation, message, { cause: error });
    if (this.lastProblem?.message !== message) {
      log.warn({ store: description, code, error: error.message }, "the store cannot be used");
    }
    this.lastProblem = problem;
    return problem;
  }
}

const MEANING: Readonly<
  Record<StoreEtcdProblem, { readonly code: ErrorCode; readonly remedy: string }>
> = {
  unreachable: {
    code: ERROR_CODES.STATE_UNREACHABLE,
    remedy: "It is tried again; what runs runs on.",
  },
  refused: {
    code: ERROR_CODES.STATE_REFUSED,
    remedy:
      "Correct the user, the password, its rights on the prefix, the authority or the certificate.",
  },
  compacted: { code: ERROR_CODES.STATE_UNREACHABLE, remedy: "It is read anew." },
  "too-large": {
    code: ERROR_CODES.STATE_UNWRITABLE,
    remedy:
      "Give etcd a larger --max-request-bytes, or split the cluster; nothing is changed until then.",
  },
  "no-space": {
    code: ERROR_CODES.STATE_UNWRITABLE,
    remedy:
      "Compact and defragment etcd, then disarm its alarm (etcdctl alarm disarm), or give it a " +
      "larger --quota-backend-bytes; nothing is changed until then.",
  },
};

/** The timer ends it, whatever the clock says, which may be set back meanwhile. */
class Bound {
  private readonly end: number;
  private isOver = false;
  readonly stop: () => void;

  constructor(
    private readonly clock: Clock,
    totalMs: number,
  ) {
    this.end = clock.now() + totalMs;
    this.stop = clock.after(totalMs, () => {
      this.isOver = true;
    });
  }

  get leftMs(): number {
    return this.isOver ? 0 : Math.max(0, this.end - this.clock.now());
  }

  pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(Math.min(ms, this.leftMs), resolve);
    });
  }
}
