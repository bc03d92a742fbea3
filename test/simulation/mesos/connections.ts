/** The client's connections to the masters, made of virtual time instead of sockets. */
import type {
  Connection,
  MasterAnswer,
  MasterConnections,
  MasterRequest,
} from "../../../controller/mesos/http/connections.ts";
import type { MasterAddress } from "../../../controller/mesos/http/master-address.ts";
import { ByteStream, recordOf } from "../wire/byte-stream.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import type { HttpAnswer, HttpRequest } from "./http-door.ts";

/** The caller has deadlines of its own; this only lets go of what nobody waits for any more. */
const ANSWER_MS_MAX = 60_000;

export class SimulatedConnections implements MasterConnections {
  readonly scheme = "http";
  private streams = 0;

  constructor(
    private readonly endpoint: Endpoint,
    /** Once in all the time: a stream of an earlier process must not be taken for one of this. */
    private readonly owner: string,
    /** The master at an IP address, or of this name. */
    private readonly masterAt: (host: string) => string,
  ) {}

  streamClient({ host }: MasterAddress): Connection {
    this.streams += 1;
    const stream = `${this.owner}/${this.streams}`;
    return new SimulatedConnection(this.endpoint, this.masterAt(host), stream);
  }

  callPool({ host }: MasterAddress): Connection {
    return new SimulatedConnection(this.endpoint, this.masterAt(host), null);
  }

  headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...more };
  }
}

class SimulatedConnection implements Connection {
  destroyed = false;
  private readonly failures = new Set<(error: Error) => void>();

  constructor(
    private readonly endpoint: Endpoint,
    private readonly master: string,
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
      this.endpoint.ask(this.master, "mesos", sent, ANSWER_MS_MAX, (answer) => {
        if (answer === undefined) return fail(new Error("no answer"));
        this.failures.delete(fail);
        resolve(answerOf(answer as HttpAnswer, events));
      });
    });
  }

  async destroy(): Promise<void> {
    if (this.destroyed) return;
    this.destroyed = true;
    if (this.stream !== null) this.endpoint.close(this.stream);
    for (const fail of this.failures) fail(new Error("connection destroyed"));
  }

  private read(stream: string): ByteStream {
    const records = new ByteStream();
    this.failures.add((error) => records.fail(error));
    this.endpoint.read(stream, this.master, {
      part: (event) => records.push(recordOf(event as object)),
      broken: (reason) => records.fail(new Error(reason)),
    });
    return records;
  }
}

function answerOf(
  { statusCode, text, location, streamId }: HttpAnswer,
  events: ByteStream | null,
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
