/** Carries out commands one after the other; one that fails is told, and tried again. */
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { type Backoff, delayAfter } from "../../../controller/support/backoff.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { EtcdCommand } from "./start-rules.ts";

const IDLE_MS = 60_000;
const RETRY: Backoff = { firstMs: 500, capMs: 15_000 };

export class StartCommandWorker {
  private readonly task: RepeatingTask;
  private pending: EtcdCommand | null = null;
  private failures = 0;
  private onTried: () => void = () => undefined;
  /** The latest, carried out or not. */
  command: EtcdCommand | null = null;
  /** Resolves when it was tried once, whatever came of it, or is not to be any more. */
  tried: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: {
      readonly board: StatusBoard;
      readonly clock: Clock;
      readonly log: Logger;
      /** @param again an earlier try has failed, and may have done a part */
      readonly carryOut: (command: EtcdCommand, again: boolean) => Promise<void>;
    },
  ) {
    const { clock, log } = options;
    this.task = new RepeatingTask({ name: "command", clock, log, run: () => this.run() });
    this.task.start();
  }

  /** In place of a command that is not carried out yet. */
  take(command: EtcdCommand): void {
    this.onTried();
    this.tried = new Promise((resolve) => {
      this.onTried = resolve;
    });
    this.command = command;
    this.pending = command;
    this.failures = 0;
    this.task.wake();
  }

  async stop(): Promise<void> {
    this.pending = null;
    this.onTried();
    await this.task.stop();
  }

  private async run(): Promise<number> {
    const { board, log, carryOut } = this.options;
    const command = this.pending;
    if (command === null) return IDLE_MS;
    try {
      await carryOut(command, this.failures > 0);
      if (this.pending === command) this.pending = null;
      board.setProblem("command", null);
      return this.pending === null ? IDLE_MS : 0;
    } catch (error) {
      const message = messageOf(error);
      log.error({ commandId: command.commandId, error: message }, "command failed");
      board.setProblem("command", `the command cannot be carried out: ${message}`);
      this.failures += 1;
      return delayAfter(RETRY, this.failures);
    } finally {
      if (this.command === command) this.onTried();
    }
  }
}
