/**
 * Which role this process plays: it stands by and campaigns until it is given a term, acts until the
 * term is lost, and stands by again. What serves users goes on through all of it.
 */
import { ERROR_CODES, type OperationError } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { type Backoff, delayAfter } from "../support/backoff.ts";
import type { ControllerRecord, StateBackend, Term } from "../store/state-backend.ts";
import { pause } from "../support/pause.ts";
import type { Acting } from "./acting.ts";
import type { StandingBy } from "./standing-by.ts";

/**
 * Before the next campaign, after another controller took the framework over while the term was ours:
 * that one is none of this store's, and two that take it from each other in turn would serve nobody.
 */
const AFTER_TAKE_OVER: Backoff = { firstMs: 5_000, capMs: 5 * 60_000 };
/** Whoever has acted for so long is not in a fight. Milliseconds. */
const SETTLED_MS = 10 * 60_000;

export interface RoleKeeperOptions {
  readonly backend: StateBackend;
  readonly me: () => ControllerRecord;
  /** @throws OperationError; nothing is left running then */
  readonly beginActing: (term: Term) => Promise<Acting>;
  readonly standingBy: Pick<StandingBy, "enter" | "leave" | "memories">;
  /** Lost and taken over terms are survived; else they end the process. */
  readonly standsBy: boolean;
  readonly onRole: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Role =
  | { readonly is: "standby"; readonly since: number; readonly reason: string | null }
  | {
      readonly is: "acting";
      readonly since: number;
      readonly term: number;
      readonly acting: Acting;
    };

export interface RoleRun {
  /** It acts for the first time. */
  readonly firstTerm: Promise<void>;
  /** Null after {@link RoleKeeper.stop}, or why it could not go on. Rejects with what was thrown. */
  readonly ended: Promise<OperationError | null>;
}

export class RoleKeeper {
  private readonly stopping = new AbortController();
  private current: Role;
  private running: Promise<OperationError | null> | null = null;
  private takenOver = 0;

  constructor(private readonly options: RoleKeeperOptions) {
    this.current = { is: "standby", since: options.clock.now(), reason: null };
  }

  get role(): Role {
    return this.current;
  }

  get acting(): Acting | null {
    return this.current.is === "acting" ? this.current.acting : null;
  }

  memories(): ReadonlyMap<ClusterKey, ClusterMemory> {
    return this.acting?.core.memories() ?? this.options.standingBy.memories();
  }

  /** Begins to stand by, and to campaign. */
  run(): RoleRun {
    let acts: () => void = () => undefined;
    const firstTerm = new Promise<void>((resolve) => {
      acts = resolve;
    });
    this.options.standingBy.enter();
    this.running = this.keep(acts);
    return { firstTerm, ended: this.running };
  }

  /** The containers run on, and the next controller acts at once. Idempotent. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error("the controller stops"));
    await this.running?.catch(() => undefined);
    this.options.standingBy.leave();
  }

  private async keep(onFirstTerm: () => void): Promise<OperationError | null> {
    const { backend, me, log } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let term: Term;
      try {
        term = await backend.campaign(me(), signal);
      } catch (error) {
        if (signal.aborted) return null;
        throw error;
      }
      try {
        const end = await this.act(term, onFirstTerm);
        if (end !== null) return end;
      } finally {
        await term.resign();
      }
      log.info({ term: term.number }, "this controller stands by");
      await this.waitOutFight(signal);
    }
    return null;
  }

  /** @returns null: it may stand by, or stops; else why it has to end */
  private async act(term: Term, onFirstTerm: () => void): Promise<OperationError | null> {
    const { beginActing, standingBy, standsBy, onRole, clock, log } = this.options;
    log.info({ term: term.number }, "this controller acts");
    let known = standingBy.memories();
    let reason: string | null = null;
    try {
      const acting = await beginActing(term);
      standingBy.leave();
      const since = clock.now();
      this.current = { is: "acting", since, term: term.number, acting };
      onRole();
      onFirstTerm();
      const end = await this.untilOver(term, acting);
      const wasHeld = term.isHeld();
      known = acting.core.memories();
      reason = end?.message ?? null;
      const mayGoOn = standsBy && end?.code !== ERROR_CODES.FRAMEWORK_REMOVED;
      await acting.stop();
      if (end === null || !mayGoOn) return end;
      log.warn(
        { term: term.number, code: end.code, error: end.message },
        "this controller acts no more",
      );
      const fought = end.code === ERROR_CODES.FRAMEWORK_TAKEN_OVER && wasHeld;
      if (!fought || clock.now() - since > SETTLED_MS) this.takenOver = 0;
      if (fought) this.takenOver += 1;
      return null;
    } finally {
      this.current = { is: "standby", since: clock.now(), reason };
      // One that ends begins nothing any more.
      if (!this.stopping.signal.aborted) {
        standingBy.enter(new Map(known));
        onRole();
      }
    }
  }

  /** @returns null: it was told to stop */
  private untilOver(term: Term, acting: Acting): Promise<OperationError | null> {
    const { signal } = this.stopping;
    const stopped = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    return Promise.race([stopped, term.lost, acting.fatal]);
  }

  private async waitOutFight(signal: AbortSignal): Promise<void> {
    if (this.takenOver === 0) return;
    const delayMs = delayAfter(AFTER_TAKE_OVER, this.takenOver);
    const { log, clock } = this.options;
    log.warn({ seconds: delayMs / 1000 }, "a controller elsewhere has the framework, standing by");
    await pause(clock, delayMs, signal);
  }
}
