/** What was started, on one list: it is stopped in the opposite order, whatever happens. */
import type { Logger } from "../model/ports.ts";

export class Closers {
  private readonly list: (() => Promise<void> | void)[] = [];
  private closing: Promise<void> | null = null;

  constructor(private readonly log: Logger) {}

  add(close: () => Promise<void> | void): void {
    this.list.push(close);
  }

  /** Idempotent. */
  closeAll(): Promise<void> {
    this.closing ??= this.run();
    return this.closing;
  }

  private async run(): Promise<void> {
    for (const close of this.list.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        // The others, the lock of the state directory among them, are released all the same.
        this.log.error({ err: error }, "a part did not stop in order");
      }
    }
  }
}
