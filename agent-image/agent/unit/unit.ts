/**
 * One supervised child process: started again with a growing pause when it ends, and stopped with
 * SIGTERM, then SIGKILL. It is its own process group, so that its helpers go with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import type { UnitName, UnitStatus } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { type Backoff, delayAfter } from "../../../controller/support/backoff.ts";
import { LineSplitter } from "../../../controller/support/line-splitter.ts";
import type { UnitLog } from "./unit-log.ts";

const RESTART: Backoff = { firstMs: 100, capMs: 5_000 };
/** A line that is longer is cut. */
const LINE_LENGTH_MAX = 64 * 1024;
/** Who has run this long is no longer failing: its next restart is quick again. */
const STABLE_MS = 10_000;

export interface UnitCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

export interface UnitOptions {
  readonly name: UnitName;
  readonly clock: Clock;
  readonly log: Logger;
  readonly output: UnitLog;
  /** Asked before each start; null: it must not be started any more. */
  readonly command: () => UnitCommand | null;
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
  private child: ChildProcess | null = null;
  private state: UnitStatus["state"] = "stopped";
  private ready = false;
  private restarts = 0;
  private lastExit: UnitStatus["lastExit"] = null;
  private wanted = false;
  /** Ends in a row of a process that had not run for long. */
  private failures = 0;
  private startedAt = 0;
  private cancelRestart: () => void = () => undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly options: UnitOptions) {}

  status(): UnitStatus {
    const { state, ready, restarts, lastExit } = this;
    return { state, ready, pid: this.child?.pid ?? null, restarts, lastExit };
  }

  /** Does nothing while it runs or is about to. */
  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.failures = 0;
    this.launch();
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
    this.signal("SIGTERM");
    const cancel = this.options.clock.after(this.options.stopTimeoutMs, () => {
      this.signal("SIGKILL");
    });
    await this.ended;
    cancel();
  }

  private launch(): void {
    const { name, log, command, clock } = this.options;
    const what = command();
    if (what === null) {
      this.wanted = false;
      return this.setState("stopped");
    }
    const { file, args, env, cwd, owner } = what;
    this.startedAt = clock.now();
    const child = spawn(file, [...args], {
      env: { ...env },
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      ...owner,
    });
    this.child = child;
    this.ready = false;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => {
        log.error({ unit: name, error: messageOf(error) }, "unit cannot be run");
        if (child.pid === undefined) this.onEnd(null, null, resolve);
      });
      child.once("close", (code, signal) => {
        if (child.pid !== undefined) this.onEnd(code, signal, resolve);
      });
    });
    for (const stream of [child.stdout, child.stderr]) this.readLines(stream);
    if (this.options.niceWhileStarting) this.renice(this.options.niceWhileStarting);
    log.info({ unit: name, pid: child.pid }, "unit started");
    this.setState("starting");
  }

  private readLines(stream: ChildProcess["stdout"]): void {
    const { name, output, onLine } = this.options;
    const splitter = new LineSplitter({ what: name, lengthMax: LINE_LENGTH_MAX, tooLong: "cut" });
    const take = (line: string) => {
      output.write(line);
      onLine?.(line);
    };
    stream?.on("data", (chunk: Buffer) => splitter.push(chunk).forEach(take));
    stream?.once("end", () => splitter.end().forEach(take));
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

  private setState(state: UnitStatus["state"]): void {
    this.state = state;
    this.options.onChange();
  }

  private signal(signal: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // It has ended by itself in this moment; "close" is on its way.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  private renice(nice: number): void {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      setPriority(pid, nice);
    } catch (error) {
      // Only comfort: it runs all the same.
      this.options.log.debug({ pid, nice, error: messageOf(error) }, "priority was not set");
    }
  }
}
