/**
 * One supervised child process: started again with a growing pause when it ends, and stopped with
 * SIGTERM, then SIGKILL. It is its own process group, so that its helpers go with it. One that does not
 * answer what it is asked for too long is killed, which works on a stopped one too.
 */
import type { UnitName, UnitStatus, UnitWedged } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { type Backoff, delayAfter } from "../../../controller/support/backoff.ts";
import type { Files } from "../ports/files.ts";
import type { LineLog } from "../ports/ports.ts";
import type { Command, ProbeAnswer, Processes, RunningProcess } from "../ports/processes.ts";
import { isStopped } from "../system/process-state.ts";
import { type Miss, type Patience, SilenceWatch } from "./silence-watch.ts";

const RESTART: Backoff = { firstMs: 100, capMs: 5_000 };
/** Who has run this long is no longer failing: its next restart is quick again. */
const STABLE_MS = 10_000;

export interface UnitOptions {
  readonly name: UnitName;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processes: Processes;
  readonly files: Pick<Files, "read">;
  readonly patience: Patience;
  /** Its silence means nothing just now, unless it is stopped; told whether it has ever answered. */
  readonly mayBeSilent?: (answered: boolean) => boolean;
  readonly output: LineLog;
  /** Asked before each start; null: it must not be started any more. */
  readonly command: () => Command | null;
  /** Milliseconds from SIGTERM to SIGKILL. */
  readonly stopTimeoutMs: number;
  readonly onChange: () => void;
  readonly onLine?: (line: string) => void;
  /** After this exit it is not started again: it has ended by itself, as it should. */
  readonly isFinalExit?: (code: number | null) => boolean;
  /** Nice value until it is first ready, so that what is needed sooner starts sooner. */
  readonly niceWhileStarting?: number;
}

export class Unit {
  private child: RunningProcess | null = null;
  private state: UnitStatus["state"] = "stopped";
  private ready = false;
  private restarts = 0;
  private lastExit: UnitStatus["lastExit"] = null;
  private wanted = false;
  private wedged: UnitWedged | null = null;
  /** The present process was killed for its silence. */
  private condemned = false;
  private readonly watch: SilenceWatch;
  /** Ends in a row of a process that had not run for long. */
  private failures = 0;
  private startedAt = 0;
  private cancelRestart: () => void = () => undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly options: UnitOptions) {
    this.watch = new SilenceWatch(options.patience);
  }

  status(): UnitStatus {
    const { state, ready, restarts, lastExit, wedged, child } = this;
    const silent = child === null ? null : this.watch.silence;
    return { state, ready, pid: child?.pid ?? null, restarts, lastExit, silent, wedged };
  }

  /** Does nothing while it runs or is about to. */
  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.failures = 0;
    this.launch();
  }

  /**
   * Puts one question to the process that runs now. One question at a time.
   *
   * @param question asked within so many milliseconds
   * @returns whether it was answered as it should be, and in the time that a question may take
   */
  async ask(question: (timeoutMs: number) => Promise<ProbeAnswer>): Promise<boolean> {
    const { clock, files, patience } = this.options;
    const { child } = this;
    if (child?.pid == null) return false;
    const { deadlineMs } = this.watch;
    const askedAt = clock.now();
    const answer = await question(deadlineMs);
    const endedAt = clock.now();
    if (answer === "ready" || answer === "wrong") {
      if (this.child === child) this.note(() => this.watch.heard());
      return answer === "ready" && endedAt - askedAt <= patience.questionMs;
    }
    const how = (await isStopped(files, child.pid)) ? "stopped" : answer;
    // What an earlier process left unanswered says nothing of this one.
    if (this.child === child) this.note(() => this.miss({ askedAt, endedAt, deadlineMs, how }));
    return false;
  }

  /** Whether it answers its own protocol, as its prober sees it. */
  setReady(ready: boolean): void {
    if (this.child === null || this.ready === ready) return;
    this.ready = ready;
    if (ready && this.state === "starting") {
      this.state = "running";
      if (this.options.niceWhileStarting !== undefined) this.renice(0);
    }
    this.options.onChange();
  }

  /** Resolves when the process has ended; after the stop timeout it is killed. */
  async stop(): Promise<void> {
    this.wanted = false;
    this.cancelRestart();
    if (this.child === null) {
      this.setState(this.state === "exited" ? "exited" : "stopped");
      return;
    }
    this.child.signal("SIGTERM");
    const cancel = this.options.clock.after(this.options.stopTimeoutMs, () => {
      this.child?.signal("SIGKILL");
    });
    await this.ended;
    cancel();
  }

  private launch(): void {
    const { name, log, clock, processes, output, onLine, niceWhileStarting } = this.options;
    const command = this.options.command();
    if (command === null) {
      this.wanted = false;
      return this.setState("stopped");
    }
    this.startedAt = clock.now();
    this.ready = false;
    this.condemned = false;
    this.watch.started();
    this.ended = new Promise((resolve) => {
      this.child = processes.start(command, {
        onLine: (line) => {
          output.write(line);
          onLine?.(line);
        },
        onError: (error) => {
          log.error({ unit: name, error: messageOf(error) }, "unit cannot be run");
        },
        onEnd: (code, signal) => this.onEnd(code, signal, resolve),
      });
    });
    if (niceWhileStarting !== undefined) this.renice(niceWhileStarting);
    log.info({ unit: name, pid: this.child?.pid ?? null }, "unit started");
    this.setState("starting");
  }

  private onEnd(code: number | null, signal: string | null, resolve: () => void): void {
    const { name, log, clock, isFinalExit } = this.options;
    this.child = null;
    this.ready = false;
    this.lastExit = { code, signal };
    log.info({ unit: name, code, signal }, "unit ended");
    if (!this.wanted) {
      this.setState("stopped");
    } else if (isFinalExit?.(code)) {
      this.wanted = false;
      this.setState("exited");
    } else {
      if (clock.now() - this.startedAt >= STABLE_MS) this.failures = 0;
      this.failures += 1;
      this.restarts += 1;
      this.cancelRestart = clock.after(delayAfter(RESTART, this.failures), () => this.launch());
      this.setState("backoff");
    }
    resolve();
  }

  private miss(miss: Miss): void {
    const { name, log, mayBeSilent } = this.options;
    if (this.condemned || !this.wanted) return;
    if (miss.how !== "stopped" && mayBeSilent?.(this.watch.answered)) return;
    const wedged = this.watch.unheard(miss);
    if (wedged === null) return;
    log.warn({ unit: name, ...wedged }, "unit does not answer and is killed");
    this.condemned = true;
    this.wedged = { count: (this.wedged?.count ?? 0) + 1, ...wedged };
    this.watch.killed();
    this.child?.signal("SIGKILL");
  }

  /** Tells of it when it shows in the status. */
  private note(happen: () => void): void {
    const before = this.watch.silence;
    const { wedged } = this;
    happen();
    const after = this.watch.silence;
    const same = before?.since === after?.since && before?.how === after?.how;
    if (!same || wedged !== this.wedged) this.options.onChange();
  }

  private setState(state: UnitStatus["state"]): void {
    this.state = state;
    this.options.onChange();
  }

  private renice(nice: number): void {
    try {
      this.child?.renice(nice);
    } catch (error) {
      // Only comfort: it runs all the same.
      this.options.log.debug({ nice, error: messageOf(error) }, "priority was not set");
    }
  }
}
