/** The answer to SUBSCRIBE as the client reads it: RecordIO, a record a chunk. */
import type { SchedulerEvent } from "../../../controller/mesos/wire.ts";

export class EventStream implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  private readonly chunks: Uint8Array[] = [];
  private waiting: ((result: IteratorResult<Uint8Array>) => void) | null = null;

  push(event: SchedulerEvent): void {
    const json = Buffer.from(JSON.stringify(event));
    const value = Buffer.concat([Buffer.from(`${json.length}\n`), json]);
    if (this.waiting === null) this.chunks.push(value);
    else this.waiting({ done: false, value });
    this.waiting = null;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.chunks.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  text(): Promise<string> {
    return Promise.reject(new Error("a stream of events has no end"));
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }
}
