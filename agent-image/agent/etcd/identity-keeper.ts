/** Keeps identity.json true, and tries again while the disk refuses it. */
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { DataDir } from "./data-dir.ts";
import type { Identity } from "./identity.ts";

const IDLE_MS = 60_000;

export class IdentityKeeper {
  private readonly task: RepeatingTask;
  private written: Identity | null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: {
      readonly data: DataDir;
      readonly clock: Clock;
      readonly log: Logger;
    },
    /** What an earlier container left, and later what is known. */
    public known: Identity | null,
  ) {
    const { clock, log } = options;
    this.written = known;
    this.task = new RepeatingTask({ name: "identity", clock, log, run: () => this.run() });
    this.task.start();
  }

  remember(identity: Identity): void {
    this.known = identity;
    this.task.wake();
  }

  /** Before the data goes: nothing is written any more of the former member. */
  async forget(): Promise<void> {
    this.known = null;
    // Whether it succeeds or not: the file is removed next.
    await this.writing.catch(() => undefined);
    this.written = null;
  }

  /** Writes what is not written yet. */
  async stop(): Promise<void> {
    await this.task.stop();
    await this.write();
  }

  private async run(): Promise<number> {
    await this.write();
    return IDLE_MS;
  }

  private write(): Promise<void> {
    const { known } = this;
    if (known === null || known === this.written) return Promise.resolve();
    this.writing = this.options.data.writeIdentity(known).then(() => {
      this.written = known;
    });
    return this.writing;
  }
}
