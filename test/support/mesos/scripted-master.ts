/**
 * A Mesos master that does what a test tells it. Left alone it behaves as a real one was seen to:
 * strict about headers and ids, 202 for calls, the zero chunk at the end of a stream and the TCP
 * connection left open. It can also split records, hang, reset, redirect and refuse.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import type { Call, SchedulerEvent } from "../../../controller/mesos/wire.ts";
import { until } from "../poll.ts";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ReceivedCall {
  readonly call: Call;
  readonly headers: IncomingMessage["headers"];
  /** Port of the client's end: tells connections apart. */
  readonly clientPort: number;
}

type Scripted = Answer | "hang" | "reset" | null;

export class ScriptedMaster {
  readonly calls: ReceivedCall[] = [];
  readonly streams: ScriptedStream[] = [];
  heartbeatSeconds = 15;
  frameworkId = "framework-0001";
  /** What to do with a SUBSCRIBE instead of taking it. */
  onSubscribe: (call: Call) => Scripted = () => null;
  /** What to do with another call instead of 202. */
  onCall: (call: Call) => Scripted = () => null;
  /** Answers to calls are held back until this is false again. */
  slowAnswers = false;
  /** What is sent first on a stream; SUBSCRIBED and a heartbeat unless told otherwise. */
  greeting: () => readonly SchedulerEvent[] = () => [this.subscribedEvent(), { type: "HEARTBEAT" }];

  private constructor(
    private readonly server: Server,
    /** `host:port` */
    readonly address: string,
  ) {
    server.on("request", (request, response) => void this.receive(request, response));
  }

  /** @param tls PEM texts; left out: plain HTTP */
  static async start(tls?: { cert: string; key: string }): Promise<ScriptedMaster> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ScriptedMaster(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Dies at once: connections are reset, and nobody listens any more. Idempotent. */
  async stop(): Promise<void> {
    for (const stream of this.streams) stream.reset();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** The newest stream that is open. */
  async stream(): Promise<ScriptedStream> {
    return until("a stream", () => this.streams.findLast((stream) => stream.open));
  }

  async subscriptions(count: number): Promise<ScriptedStream> {
    return until(`${count} subscriptions`, () => this.streams[count - 1]);
  }

  of<T extends Call["type"]>(type: T): Extract<Call, { type: T }>[] {
    return this.calls.map(({ call }) => call).filter((call) => call.type === type) as Extract<
      Call,
      { type: T }
    >[];
  }

  async received<T extends Call["type"]>(type: T, count = 1): Promise<Extract<Call, { type: T }>> {
    return until(`${count} ${type}`, () => this.of(type)[count - 1]);
  }

  subscribedEvent(): SchedulerEvent {
    return {
      type: "SUBSCRIBED",
      subscribed: {
        framework_id: { value: this.frameworkId },
        heartbeat_interval_seconds: this.heartbeatSeconds,
      },
    };
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = JSON.parse(Buffer.concat(chunks).toString()) as Call;
    const { headers, socket } = request;
    this.calls.push({ call, headers, clientPort: socket.remotePort ?? 0 });
    const refusal = this.refusal(call, headers);
    const scripted = call.type === "SUBSCRIBE" ? this.onSubscribe(call) : this.onCall(call);
    if (scripted === "hang") return;
    if (this.slowAnswers) await until("answers are quick again", () => !this.slowAnswers);
    if (scripted === "reset") {
      socket.resetAndDestroy();
      return;
    }
    const answer = scripted ?? refusal;
    if (answer !== null) {
      response.writeHead(answer.status, answer.headers).end(answer.body ?? "");
    } else if (call.type === "SUBSCRIBE") {
      this.open(response);
    } else {
      response.writeHead(202).end();
    }
  }

  private open(response: ServerResponse): void {
    const stream = new ScriptedStream(`stream-${this.streams.length + 1}`, response);
    this.streams.push(stream);
    stream.send(...this.greeting());
  }

  /** As a real master words it; null: the call is right. */
  private refusal(call: Call, headers: IncomingMessage["headers"]): Answer | null {
    const type = headers["content-type"];
    if (type !== "application/json") return { status: 415, body: `Expecting … not ${type}` };
    const streamId = headers["mesos-stream-id"];
    if (call.type === "SUBSCRIBE") {
      if (streamId !== undefined) {
        return { status: 400, body: "Subscribe calls should not include the header" };
      }
      const inner = call.subscribe.framework_info.id?.value;
      if (call.framework_id?.value === inner) return null;
      return { status: 400, body: "'framework_id' differs from 'subscribe.framework_info.id'" };
    }
    if (call.framework_id.value !== this.frameworkId) {
      return { status: 400, body: "Framework cannot be found" };
    }
    const current = this.streams.findLast((stream) => stream.open);
    if (current === undefined) return { status: 403, body: "Framework is not subscribed" };
    if (streamId !== current.id) {
      return { status: 400, body: `The stream ID '${String(streamId)}' included is not valid` };
    }
    if (call.type !== "ACKNOWLEDGE") return null;
    const bytes = Buffer.from(call.acknowledge.uuid, "base64").length;
    return bytes === 16 ? null : { status: 400, body: "Not a valid UUID" };
  }
}

export class ScriptedStream {
  open = true;

  constructor(
    readonly id: string,
    private readonly response: ServerResponse,
  ) {
    response.writeHead(200, { "Content-Type": "application/json", "Mesos-Stream-Id": id });
    response.socket?.setNoDelay(true);
    response.on("close", () => {
      this.open = false;
    });
    response.on("error", () => {
      this.open = false;
    });
  }

  /** The client has let go of the connection. */
  get abandoned(): boolean {
    return this.response.socket === null || this.response.socket.destroyed;
  }

  send(...events: readonly SchedulerEvent[]): void {
    for (const event of events) this.raw(record(event));
  }

  raw(bytes: string | Buffer): void {
    this.response.write(bytes);
  }

  /** The zero chunk; the TCP connection stays open, as a real master leaves it. */
  end(): void {
    this.open = false;
    this.response.end();
  }

  reset(): void {
    this.open = false;
    const { socket } = this.response;
    // A reset can only be sent by TCP itself.
    if (socket instanceof TLSSocket) socket.destroy();
    else socket?.resetAndDestroy();
  }
}

export function record(event: unknown): string {
  const json = JSON.stringify(event);
  return `${Buffer.byteLength(json)}\n${json}`;
}
