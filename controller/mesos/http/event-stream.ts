/** The long answer to SUBSCRIBE: opened with a deadline, read record by record, ended by us. */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports.ts";
import type { Call } from "../wire.ts";
import type { Connection, MasterAnswer, MasterConnections } from "./connections.ts";
import { addressText, type MasterAddress, redirectTarget } from "./master-address.ts";
import { RecordDecoder } from "./recordio.ts";
import { refused, unreachable } from "./transport.ts";

const OPERATION = "SUBSCRIBE";
/** From the request to the answer's headers, and again to the first event. Milliseconds. */
export const SUBSCRIBE_DEADLINE_MS = 10_000;
/** Of an answer that is no stream, only so much is read. */
const REFUSAL_BYTES_MAX = 64 * 1024;

export type Opening =
  | { readonly kind: "stream"; readonly stream: EventStream }
  /** This master does not lead. */
  | { readonly kind: "redirect"; readonly to: MasterAddress };

/** @throws OperationError ERR_MESOS_UNREACHABLE, ERR_MESOS_REFUSED */
export async function openEventStream(
  address: MasterAddress,
  call: Extract<Call, { type: "SUBSCRIBE" }>,
  transport: MasterConnections,
  clock: Clock,
  signal: AbortSignal,
): Promise<Opening> {
  const connection = new StreamConnection(address, transport.streamClient(address), clock, signal);
  try {
    const response = await connection.within(SUBSCRIBE_DEADLINE_MS, () =>
      connection.client.request({
        method: "POST",
        path: address.path,
        headers: transport.headers(),
        body: JSON.stringify(call),
        signal: connection.signal,
      }),
    );
    return await understand(response, address, transport, connection);
  } catch (error) {
    connection.close();
    throw connection.explain(error);
  }
}

async function understand(
  response: MasterAnswer,
  address: MasterAddress,
  transport: MasterConnections,
  connection: StreamConnection,
): Promise<Opening> {
  const { statusCode, headers } = response;
  const streamId = header(headers, "mesos-stream-id");
  if (statusCode === 200 && streamId !== undefined) {
    return { kind: "stream", stream: new EventStream(streamId, response.body, connection) };
  }
  if (statusCode === 200) {
    throw refused(OPERATION, address, statusCode, "an answer without a Mesos-Stream-Id");
  }
  const to = redirectTarget(header(headers, "location"), address, transport.scheme);
  if (statusCode === 307 && to !== null) {
    connection.close();
    return { kind: "redirect", to };
  }
  const text = await connection.within(SUBSCRIBE_DEADLINE_MS, () => readSome(response.body));
  throw refused(OPERATION, address, statusCode, text);
}

export class EventStream {
  private silenceMaxMs = SUBSCRIBE_DEADLINE_MS;

  constructor(
    /** To be sent with every other call. */
    readonly streamId: string,
    private readonly body: AsyncIterable<Uint8Array>,
    private readonly connection: StreamConnection,
  ) {}

  /** The stream counts as broken when nothing comes for so long. */
  expectWithin(silenceMaxMs: number): void {
    this.silenceMaxMs = silenceMaxMs;
  }

  /**
   * Ends when the master has ended the answer (it keeps the TCP connection open).
   * @throws OperationError when the stream breaks, falls silent or is closed
   */
  async *records(): AsyncGenerator<string, void, undefined> {
    const decoder = new RecordDecoder();
    const chunks = this.body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.connection.within(this.silenceMaxMs, () => chunks.next());
        if (next.done) return;
        yield* decoder.push(next.value);
      }
    } catch (error) {
      throw this.connection.explain(error);
    } finally {
      this.close();
    }
  }

  /** At once; whoever reads the records gets `reason`. */
  close(reason?: OperationError): void {
    this.connection.close(reason);
  }
}

/** One TCP connection with the reason why it was given up. */
class StreamConnection {
  private readonly controller = new AbortController();
  private reason: OperationError | null = null;

  constructor(
    private readonly address: MasterAddress,
    readonly client: Connection,
    private readonly clock: Clock,
    outer: AbortSignal,
  ) {
    // Ends with this connection, so that the outer signal does not collect listeners.
    const { signal } = this.controller;
    outer.addEventListener("abort", () => this.close(), { once: true, signal });
    if (outer.aborted) this.close();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  async within<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
    const cancel = this.clock.after(limitMs, () => {
      const message = `Nothing came from the Mesos master at ${addressText(this.address)} for ${limitMs} ms.`;
      this.close(new OperationError(ERROR_CODES.MESOS_UNREACHABLE, "read events", message));
    });
    try {
      return await work();
    } finally {
      cancel();
    }
  }

  close(reason?: OperationError): void {
    this.reason ??= reason ?? null;
    if (this.signal.aborted) return;
    this.controller.abort();
    // Destroyed, not closed: the master keeps a finished stream's connection open for good.
    void this.client.destroy();
  }

  explain(error: unknown): OperationError {
    return this.reason ?? unreachable("read events", this.address, error);
  }
}

async function readSome(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (size >= REFUSAL_BYTES_MAX) break;
  }
  return Buffer.concat(parts).toString("utf8");
}

function header(headers: MasterAnswer["headers"], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
