/** Tries a target until it answers, and is ready to serve, or somebody stops it. */
import { request } from "node:http";
import type { Clock } from "../model/ports.ts";
import { connectTo } from "./connect-to.ts";
import { LIMITS } from "./limits.ts";

export type Found = "ready" | "not-ready" | "silent";

export interface ProberOptions {
  readonly ip: string;
  readonly port: number;
  readonly clock: Clock;
  /** Where it says whether it is ready; null: that it takes connections is enough. */
  readonly readyPath: string | null;
  /** The raft term for which it must be ready. */
  readonly term: () => number;
  /** Called once; then it has stopped. */
  onAnswer(): void;
  /** After each try that failed. */
  onFailure(found: Exclude<Found, "ready">): void;
}

/** Such an answer has a few dozen bytes. */
const ANSWER_BYTES_MAX = 4096;

/** What ends a try at once. */
type End = () => void;

export class Prober {
  private trial: End | null = null;
  /**
   * A question without an answer in time, left open beside those that follow it: a server that has more to
   * do than time for it would never come to one that is asked anew each time.
   */
  private overdue: End | null = null;
  private cancelDeadline: (() => void) | null = null;
  private cancelPatience: (() => void) | null = null;
  private cancelPause: (() => void) | null = null;
  private stopped = false;

  constructor(private readonly options: ProberOptions) {
    this.look();
  }

  /** There is reason to hope: do not sit out the pause. */
  nudge(): void {
    if (this.trial === null && !this.stopped) this.look();
  }

  stop(): void {
    this.stopped = true;
    this.cancelPause?.();
    this.cancelDeadline?.();
    this.cancelPatience?.();
    this.trial?.();
    this.overdue?.();
  }

  private look(): void {
    this.cancelPause?.();
    this.cancelPause = null;
    const { clock, readyPath } = this.options;
    const seen = (found: Found) => this.seen(trial, found);
    const trial: End =
      readyPath === null ? tryToConnect(this.options, seen) : ask(this.options, readyPath, seen);
    this.trial = trial;
    this.cancelDeadline = clock.after(LIMITS.readyAnswerMs, () => this.late(trial));
  }

  private late(trial: End): void {
    if (this.overdue !== null) return trial();
    this.overdue = trial;
    this.cancelPatience = this.options.clock.after(LIMITS.readyPatienceMs, trial);
    this.failed("silent");
  }

  private seen(trial: End, found: Found): void {
    if (this.stopped) return;
    if (found === "ready") {
      this.stop();
      this.options.onAnswer();
      return;
    }
    if (trial === this.overdue) {
      this.cancelPatience?.();
      this.overdue = null;
      return;
    }
    this.cancelDeadline?.();
    this.failed(found);
  }

  private failed(found: Exclude<Found, "ready">): void {
    this.trial = null;
    const { probeEveryMs, readyEveryMs } = LIMITS;
    const pauseMs = found === "silent" ? probeEveryMs : readyEveryMs;
    this.cancelPause = this.options.clock.after(pauseMs, () => this.look());
    this.options.onFailure(found);
  }
}

/** Calls `seen` once, later. */
function tryToConnect({ ip, port }: ProberOptions, seen: (found: Found) => void): End {
  const trial = connectTo(ip, port);
  let answers = false;
  trial.once("connect", () => {
    answers = true;
    trial.destroy();
  });
  // Every failure ends in "close"; which one it was makes no difference.
  trial.on("error", () => {});
  trial.once("close", () => seen(answers ? "ready" : "silent"));
  return () => void trial.destroy();
}

/** Calls `seen` once, later. */
function ask(options: ProberOptions, path: string, seen: (found: Found) => void): End {
  const { ip, port } = options;
  let found: Found = "silent";
  const outgoing = request({
    path,
    // Under this name Jupyter answers, however it is configured.
    headers: { Host: `localhost:${port}`, Connection: "close" },
    createConnection: () => connectTo(ip, port),
  });
  outgoing.on("error", () => {});
  outgoing.once("close", () => seen(found));
  outgoing.once("response", (incoming) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on("error", () => {});
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
    });
    incoming.once("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      found = readiness(incoming.statusCode ?? 0, text, options.term());
    });
  });
  outgoing.end();
  return () => void outgoing.destroy();
}

/** Images of the release before do not know the question: what they answer says that they serve. */
function readiness(status: number, text: string, term: number): Found {
  if (status === 503) return "not-ready";
  const said = status === 200 ? parsed(text) : null;
  if (said === null) return "ready";
  return said.leads && said.term >= term ? "ready" : "not-ready";
}

function parsed(text: string): { leads: boolean; term: number } | null {
  try {
    const value = JSON.parse(text) as { leads?: unknown; term?: unknown } | null;
    const { leads, term } = value ?? {};
    return typeof leads === "boolean" && typeof term === "number" ? { leads, term } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
