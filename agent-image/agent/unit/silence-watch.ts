/**
 * How long a process has been silent, counted in questions that were put to it and not answered: what
 * the agent itself stood still meanwhile, or the clock jumped, does not count (docs/decisions/0012).
 */
import type { Silence, UnitSilence } from "../../../controller/model/agent-api.ts";

/** All in milliseconds. */
export interface Patience {
  /** What a question may take. */
  readonly questionMs: number;
  /** What it may take once several in a row were not answered: slow is not silent. */
  readonly doubtfulMs: number;
  /** Silent for so long though it runs: wedged. */
  readonly runningMs: number;
  /** Stopped, or deaf on its port, for so long: wedged. */
  readonly deadMs: number;
  /** Has not answered at all since it was started, for so long: wedged. */
  readonly startMs: number;
}

/** A question that was not answered. Moments are milliseconds since the epoch. */
export interface Miss {
  readonly askedAt: number;
  readonly endedAt: number;
  readonly deadlineMs: number;
  readonly how: Silence;
}

/** Questions in a row that prove a silence. */
const MISSES_MIN = 3;
/** From so many on it is doubtful. */
const DOUBTFUL_MISSES = 2;
/** A question that ends so much later than its deadline tells of a pause of the agent's own. */
const LATE_MS_MAX = 1_000;
/** The most that counts of the time between two questions. */
const PAUSE_MS_MAX = 250;
/** Who needs longer for its start than it is given gets twice as long, so many times. */
const DOUBLINGS_MAX = 3;

interface Streak {
  readonly misses: number;
  readonly ms: number;
}

const NONE: Streak = { misses: 0, ms: 0 };

export class SilenceWatch {
  private hasAnswered = false;
  private silent = NONE;
  /** The newest of those, in a row, in which it was dead. */
  private dead = NONE;
  private first: Miss | null = null;
  private last: Miss | null = null;
  private slowStarts = 0;

  constructor(private readonly patience: Patience) {}

  /** A new process, of which nothing is known. */
  started(): void {
    this.hasAnswered = false;
    this.reset();
  }

  /** It answered, well or not. */
  heard(): void {
    this.hasAnswered = true;
    this.slowStarts = 0;
    this.reset();
  }

  /** @returns what it is wedged by; null: it is not, or not yet */
  unheard(miss: Miss): { readonly silentMs: number; readonly how: Silence } | null {
    const ms = this.counted(miss);
    this.last = miss;
    if (ms === null) return null;
    this.first ??= miss;
    this.silent = longer(this.silent, ms);
    this.dead = this.isDead(miss.how) ? longer(this.dead, ms) : NONE;
    const { runningMs, deadMs } = this.patience;
    const bound = this.hasAnswered ? runningMs : this.startMs;
    if (!isOver(this.dead, deadMs) && !isOver(this.silent, bound)) return null;
    return { silentMs: Math.round(this.silent.ms), how: miss.how };
  }

  /** It was killed for its silence. */
  killed(): void {
    if (!this.hasAnswered) this.slowStarts = Math.min(this.slowStarts + 1, DOUBLINGS_MAX);
  }

  /** What the next question may take, in milliseconds. */
  get deadlineMs(): number {
    const { questionMs, doubtfulMs } = this.patience;
    return this.hasAnswered && this.silent.misses >= DOUBTFUL_MISSES ? doubtfulMs : questionMs;
  }

  get answered(): boolean {
    return this.hasAnswered;
  }

  /** Null while it answers, and until it first has. */
  get silence(): UnitSilence | null {
    if (!this.hasAnswered || this.first === null || this.last === null) return null;
    return { since: new Date(this.first.askedAt).toISOString(), how: this.last.how };
  }

  private get startMs(): number {
    return this.patience.startMs * 2 ** this.slowStarts;
  }

  /** Until it has first answered, nobody can expect it to listen. */
  private isDead(how: Silence): boolean {
    return how === "stopped" || (how === "refused" && this.hasAnswered);
  }

  private counted({ askedAt, endedAt, deadlineMs }: Miss): number | null {
    if (endedAt - askedAt > deadlineMs + LATE_MS_MAX) return null;
    const pause = this.last === null ? 0 : askedAt - this.last.endedAt;
    return between(endedAt - askedAt, deadlineMs) + between(pause, PAUSE_MS_MAX);
  }

  private reset(): void {
    this.silent = NONE;
    this.dead = NONE;
    this.first = null;
    this.last = null;
  }
}

function longer({ misses, ms }: Streak, by: number): Streak {
  return { misses: misses + 1, ms: ms + by };
}

function isOver({ misses, ms }: Streak, bound: number): boolean {
  return misses >= MISSES_MIN && ms >= bound;
}

/** A clock that was set back makes no time negative. */
function between(ms: number, max: number): number {
  return Math.min(Math.max(ms, 0), max);
}
