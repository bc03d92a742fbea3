/** The body of an answer as it comes over a simulated wire, a piece at a time. */
export class ByteStream implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  private readonly pieces: Uint8Array[] = [];
  private error: Error | null = null;
  private waiting: PromiseWithResolvers | null = null;

  push(piece: Uint8Array): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) this.pieces.push(piece);
    else waiting.resolve({ done: false, value: piece });
  }

  /** What has come before can still be read. */
  fail(error: Error): void {
    this.error ??= error;
    this.waiting?.reject(this.error);
    this.waiting = null;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.pieces.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.error !== null) return Promise.reject(this.error);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  text(): Promise<string> {
    return Promise.reject(new Error("a stream of events has no end"));
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }
}

interface PromiseWithResolvers {
  readonly resolve: (result: IteratorResult<Uint8Array>) => void;
  readonly reject: (error: Error) => void;
}

/** A Mesos event as a record of RecordIO. */
export function recordOf(event: object): Uint8Array {
  const json = Buffer.from(JSON.stringify(event));
  return Buffer.concat([Buffer.from(`${json.length}\n`), json]);
}
