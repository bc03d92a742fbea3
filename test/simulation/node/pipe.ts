/** What a process writes, and its end, on their way to the agent: in order, a moment later. */
import type { ProcessWatcher } from "../../../agent-image/agent/ports/processes.ts";
import type { Clock } from "../../../controller/model/ports.ts";

const LATENCY_MS = 1;

export class Pipe {
  private waiting: (() => void)[] = [];

  constructor(
    /** The agent's: it may be stopped for a while. */
    private readonly clock: Clock,
    private readonly watcher: ProcessWatcher,
  ) {}

  line(text: string): void {
    this.pass(() => this.watcher.onLine(text));
  }

  end(code: number | null, signal: string | null): void {
    this.pass(() => this.watcher.onEnd(code, signal));
  }

  private pass(arrive: () => void): void {
    this.waiting.push(arrive);
    if (this.waiting.length > 1) return;
    this.clock.after(LATENCY_MS, () => {
      const arrived = this.waiting;
      this.waiting = [];
      for (const each of arrived) each();
    });
  }
}
