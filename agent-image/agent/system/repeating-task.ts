/** A task that runs again after the delay it returns, or at once when somebody wakes it. */
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";

/** Delay in milliseconds after a run that threw. */
const RETRY_MS = 500;

export interface RepeatingTaskOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** One run; never two at a time. Returns the milliseconds until the next. */
  readonly run: () => Promise<number>;
}

export class RepeatingTask {
  private state: "idle" | "waiting" | "running" | "stopped" = "idle";
  private cancel: () => void = () => undefined;
  private wokenWhileRunning = false;
  private lastRun: Promise<void> = Promise.resolve();
  private lastError = "";

  constructor(private readonly options: RepeatingTaskOptions) {}

  start(): void {
    if (this.state === "idle") this.launch();
  }

  /** Runs at once, or once more after the present run. Before `start` and after `stop`: nothing. */
  wake(): void {
    if (this.state === "running") this.wokenWhileRunning = true;
    if (this.state !== "waiting") return;
    this.cancel();
    this.launch();
  }

  /** Returns when the present run has ended. */
  async stop(): Promise<void> {
    this.state = "stopped";
    this.cancel();
    await this.lastRun;
  }

  private launch(): void {
    this.state = "running";
    this.wokenWhileRunning = false;
    this.lastRun = this.once();
  }

  private async once(): Promise<void> {
    const delayMs = await this.runSafely();
    if (this.state !== "running") return;
    this.state = "waiting";
    this.cancel = this.options.clock.after(this.wokenWhileRunning ? 0 : delayMs, () => {
      this.launch();
    });
  }

  private async runSafely(): Promise<number> {
    const { name, log, run } = this.options;
    try {
      const delayMs = await run();
      this.lastError = "";
      return delayMs;
    } catch (error) {
      // The same error each half second is told once.
      const message = messageOf(error);
      if (message !== this.lastError) log.warn({ task: name, error: message }, "task failed");
      this.lastError = message;
      return RETRY_MS;
    }
  }
}
