/**
 * One writer per thing: writes follow one another, and of several that wait only the newest is
 * written. Whoever waits is told when theirs or a newer one is stored.
 */
interface Waiting<T> {
  value: T;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class LatestWriter<T> {
  private waiting: Waiting<T> | null = null;
  private running: Promise<void> | null = null;

  constructor(private readonly write: (value: T) => Promise<void>) {}

  get isIdle(): boolean {
    return this.running === null;
  }

  /** @throws whatever the write of this or the newer value throws */
  save(value: T): Promise<void> {
    if (this.waiting === null) this.waiting = waitingFor(value);
    else this.waiting.value = value;
    const { promise } = this.waiting;
    this.running ??= this.drain();
    return promise;
  }

  /** Resolves when nothing is being written any more, however it went. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  private async drain(): Promise<void> {
    // Several saves of one moment are one write.
    await Promise.resolve();
    while (this.waiting !== null) {
      const { value, resolve, reject } = this.waiting;
      this.waiting = null;
      try {
        await this.write(value);
        resolve();
      } catch (error) {
        reject(error);
      }
    }
    this.running = null;
  }
}

function waitingFor<T>(value: T): Waiting<T> {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  return { value, promise, resolve, reject };
}
