/** Tries to connect to a target until it answers or somebody stops it. */
import type { Socket } from "node:net";
import type { Clock } from "../model/ports.ts";
import { LIMITS } from "./limits.ts";
import { connectTo } from "./upstream.ts";

export interface ProberOptions {
  readonly ip: string;
  readonly port: number;
  readonly clock: Clock;
  /** Called once; then it has stopped. */
  onAnswer(): void;
  /** After each try that failed. */
  onSilence(): void;
}

export class Prober {
  private trial: Socket | null = null;
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
    this.trial?.destroy();
  }

  private look(): void {
    this.cancelPause?.();
    this.cancelPause = null;
    const { ip, port } = this.options;
    const trial = connectTo(ip, port);
    this.trial = trial;
    let answers = false;
    trial.once("connect", () => {
      answers = true;
      trial.destroy();
    });
    // Every failure ends in "close"; which one it was makes no difference.
    trial.on("error", () => {});
    trial.once("close", () => this.seen(answers));
  }

  private seen(answers: boolean): void {
    this.trial = null;
    if (this.stopped) return;
    if (answers) {
      this.stop();
      this.options.onAnswer();
      return;
    }
    this.cancelPause = this.options.clock.after(LIMITS.probeEveryMs, () => this.look());
    this.options.onSilence();
  }
}
