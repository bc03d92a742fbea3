/** The client's connections to the masters, made of virtual time instead of sockets. */
import type { SchedulerEvent } from "../../../controller/mesos/wire.ts";
import type {
  Connection,
  MasterAnswer,
  MasterConnections,
  MasterRequest,
} from "../../../controller/mesos/http/connections.ts";
import type { MasterAddress } from "../../../controller/mesos/http/master-address.ts";
import type { Station } from "../wire/station.ts";
import type { HttpAnswer, HttpRequest } from "./master.ts";

/** The caller has deadlines of its own; this only lets go of what nobody waits for any more. */
const ANSWER_MS_MAX = 60_000;

export class SimulatedConnections implements MasterConnections {
  readonly scheme = "http";
  private streams = 0;

  constructor(
    private readonly station: Station,
    /** Once in all the time: a stream of an earlier process must not be taken for one of this. */
    private readonly owner: string,
  ) {}

  streamClient(address: MasterAddress): Connection {
    this.streams += 1;
    return new SimulatedConnection(this.station, address, `${this.owner}/${this.streams}`);
  }

  callPool(address: MasterAddress): Connection {
    return new SimulatedConnection(this.station, address, null);
  }

  headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...more };
  }
}

class SimulatedConnection implements Connection {
  destroyed = false;
  private readonly failures = new Set<(error: Error) => void>();

  constructor(
    private readonly station: Station,
    private readonly address: MasterAddress,
    private readonly stream: string | null,
  ) {}

  request({ body, headers, signal }: MasterRequest): Promise<MasterAnswer> {
    const reads = this.stream ?? undefined;
    const sent: HttpRequest = { streamId: headers["mesos-stream-id"], reads, body };
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        this.failures.delete(fail);
        reject(error);
      };
      if (this.destroyed || signal.aborted) return fail(new Error("connection closed"));
      this.failures.add(fail);
      signal.addEventListener("abort", () => fail(new Error("aborted")), { once: true });
      const events = this.stream === null ? null : this.read(this.stream);
      this.station.ask(this.address.host, "mesos", sent, ANSWER_MS_MAX, (answer) => {
        if (answer === undefined) return fail(new Error("no answer"));
        this.failures.delete(fail);
        resolve(answerOf(answer as HttpAnswer, events));
      });
    });
  }

  async destroy(): Promise<void> {
    if (this.destroyed) return;
    this.destroyed = true;
    if (this.stream !== null) this.station.close(this.stream);
    for (const fail of this.failures) fail(new Error("connection destroyed"));
  }

  private read(stream: string): Records {
    const records = new Records();
    this.failures.add((error) => records.fail(error));
    this.station.read(stream, this.address.host, {
      part: (event) => records.push(event as SchedulerEvent),
      broken: (reason) => records.fail(new Error(reason)),
    });
    return records;
  }
}

/** RecordIO as it comes over the wire, a record a chunk. */
class Records implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  private readonly chunks: Uint8Array[] = [];
  private error: Error | null = null;
  private waiting: {
    resolve: (r: IteratorResult<Uint8Array>) => void;
    reject: (e: Error) => void;
  } | null = null;

  push(event: SchedulerEvent): void {
    const json = Buffer.from(JSON.stringify(event));
    const chunk = Buffer.concat([Buffer.from(`${json.length}\n`), json]);
    if (this.waiting === null) this.chunks.push(chunk);
    else this.waiting.resolve({ done: false, value: chunk });
    this.waiting = null;
  }

  fail(error: Error): void {
    this.error ??= error;
    this.waiting?.reject(this.error);
    this.waiting = null;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.chunks.shift();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.error !== null) return Promise.reject(this.error);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }
}

function answerOf(
  { statusCode, text, location, streamId }: HttpAnswer,
  events: Records | null,
): MasterAnswer {
  const headers = {
    ...(location === undefined ? {} : { location }),
    ...(streamId === undefined ? {} : { "mesos-stream-id": streamId }),
  };
  const body = events ?? oneChunk(text);
  const read = { text: () => Promise.resolve(text) };
  return { statusCode, headers, body: Object.assign(body, read) };
}

function oneChunk(text: string): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(text);
    },
  };
}
