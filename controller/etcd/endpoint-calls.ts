/**
 * One request, tried on one member after the other until one answers or the time is up. A killed
 * container's address swallows packets and a member without a leader holds every request back, so
 * no single try may take the whole time.
 */
import type { Clock } from "../model/ports.ts";
import { type Backoff, delayAfter } from "../support/backoff.ts";
import {
  type EtcdErrorKind,
  etcdMessage,
  isEtcdError,
  kindOf,
  notReady,
  unavailable,
} from "./etcd-errors.ts";
import type { CallOptions, MemberRpc } from "./member-client.ts";

/** Milliseconds for one request in all. */
const TOTAL_MS_MAX = 2_000;
/** The first round passes over a dead member quickly; a slow one gets more time in the next. */
const TRY: Backoff = { firstMs: 350, capMs: 1_000 };
/** Between two rounds in which every member refused at once. */
const ROUND_PAUSE_MS = 50;

export type MemberCall<T> = (member: MemberRpc, options: CallOptions) => Promise<T>;

export interface Endpoints {
  readonly clock: Clock;
  /** Client URLs, best first. Asked again before each round, for they change meanwhile. */
  urls(): readonly string[];
  /** undefined when the endpoint has just been taken away. */
  client(url: string): MemberRpc | undefined;
}

export interface CallRules {
  /** Errors of this kind are thrown as they are: the caller knows better. */
  readonly passed?: EtcdErrorKind;
  /** Errors of this kind go away within a second. */
  readonly transient?: EtcdErrorKind;
}

/**
 * For requests that may arrive twice: a try that got no answer may have been carried out.
 *
 * @throws OperationError ERR_ETCD_UNAVAILABLE when no member answered in time or etcd refuses,
 *   ERR_ETCD_NOT_READY when it refuses for now; the etcd client's own error when it is `passed`
 */
export async function callAny<T>(
  operation: string,
  endpoints: Endpoints,
  call: MemberCall<T>,
  rules: CallRules = {},
): Promise<T> {
  const { clock } = endpoints;
  const time = new TimeLeft(clock, TOTAL_MS_MAX);
  let last: unknown = null;
  try {
    for (let round = 1; time.leftMs > 0; round += 1) {
      const tryMs = delayAfter(TRY, round);
      for (const url of endpoints.urls()) {
        const { leftMs } = time;
        const client = endpoints.client(url);
        if (leftMs <= 0 || client === undefined) continue;
        try {
          return await callOne(client, clock, Math.min(tryMs, leftMs), call);
        } catch (error) {
          if (!isEtcdError(error)) throw error;
          throwIfFinal(operation, error, rules);
          last = error;
        }
      }
      if (endpoints.urls().length === 0) break;
      await pass(clock, Math.min(ROUND_PAUSE_MS, time.leftMs));
    }
  } finally {
    time.stop();
  }
  throw unavailable(operation, whyNone(last), last);
}

/** One try on one member. The deadline is in milliseconds from now. */
export function callOne<T>(
  member: MemberRpc,
  clock: Clock,
  deadlineMs: number,
  call: MemberCall<T>,
): Promise<T> {
  return call(member, { deadline: clock.now() + deadlineMs });
}

/** The timer ends it, whatever the clock says, which may be set back meanwhile. */
class TimeLeft {
  private readonly end: number;
  private over = false;
  readonly stop: () => void;

  constructor(
    private readonly clock: Clock,
    private readonly totalMs: number,
  ) {
    this.end = clock.now() + totalMs;
    this.stop = clock.after(totalMs, () => {
      this.over = true;
    });
  }

  get leftMs(): number {
    return this.over ? 0 : Math.min(this.totalMs, Math.max(0, this.end - this.clock.now()));
  }
}

function pass(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

function throwIfFinal(operation: string, error: Error, rules: CallRules): void {
  const kind = kindOf(error);
  if (kind === rules.passed) throw error;
  if (kind === "try-another" || kind === rules.transient) return;
  if (kind === "not-yet") throw notReady(operation, error);
  throw unavailable(operation, `etcd refused: ${etcdMessage(error)}`, error);
}

function whyNone(last: unknown): string {
  if (last === null) return "no etcd member is in sight";
  return `no etcd member answered in time: ${etcdMessage(last)}`;
}
