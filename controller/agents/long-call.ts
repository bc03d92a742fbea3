/**
 * Calls to an agent that may take minutes. The caller's signal bounds the whole; within it nothing
 * may stand still for long, and the connection is dialled within the usual time.
 */
import type { SnapshotContent } from "../model/ports.ts";
import { OperationError } from "../model/errors.ts";
import { authorization, shortText, unreachable } from "./agent-http.ts";
import type { AgentAddress, AgentAnswer } from "./connection.ts";

/** Between two pieces of a body, either way. */
const SILENCE_MS_MAX = 15_000;
const TEXT_BYTES_MAX = 16 * 1024;

export interface LongCall {
  readonly operation: string;
  readonly address: AgentAddress;
  readonly method: "GET" | "PUT" | "POST";
  readonly path: string;
  /** Milliseconds from the request, or its last byte, to the first of the answer. */
  readonly answerMs: number;
  readonly body?: { readonly content: SnapshotContent; readonly sizeBytes: number };
  /** Aborted with the error that is to be thrown. */
  readonly signal: AbortSignal;
}

export interface LongAnswer {
  readonly status: number;
  readonly headers: AgentAnswer["headers"];
  /** Short: an error message. */
  text(): Promise<string>;
  readonly body: SnapshotContent;
}

/**
 * The answer is there until `use` is done with it, then the connection is closed.
 *
 * @throws OperationError ERR_AGENT_UNREACHABLE, the signal's reason, and whatever the request's
 *   body and `use` throw
 */
export async function longCall<T>(
  call: LongCall,
  use: (answer: LongAnswer) => Promise<T>,
): Promise<T> {
  const { address, method, path, body, signal } = call;
  const deadlines = { headersMs: call.answerMs, bodyMs: SILENCE_MS_MAX };
  const connection = address.connect(address, deadlines);
  const upload = body === undefined ? null : new Upload(body.content);
  const length = body === undefined ? {} : { "content-length": String(body.sizeBytes) };
  try {
    const answer = await onWire(call, upload, () =>
      connection.request({
        method,
        path,
        headers: { ...authorization(address.token), ...length },
        body: upload?.pieces() ?? null,
        signal,
      }),
    );
    return await use({
      status: answer.statusCode,
      headers: answer.headers,
      text: () => onWire(call, upload, () => shortText(answer.body, TEXT_BYTES_MAX)),
      body: chunks(call, answer.body),
    });
  } finally {
    await connection.destroy();
  }
}

/** Keeps the error of a source that breaks: undici may tell of the broken connection instead. */
class Upload {
  error: Error | null = null;

  constructor(private readonly source: SnapshotContent) {}

  async *pieces(): SnapshotContent {
    try {
      yield* this.source;
    } catch (error) {
      this.error = error as Error;
      throw error;
    }
  }
}

async function* chunks(call: LongCall, body: AsyncIterable<Uint8Array>): SnapshotContent {
  const source = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await onWire(call, null, () => source.next());
    if (next.done) return;
    yield next.value;
  }
}

async function onWire<T>(
  { operation, address, signal }: LongCall,
  upload: Upload | null,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (upload !== null && upload.error !== null) throw upload.error;
    const reason: unknown = signal.reason;
    if (signal.aborted && reason instanceof OperationError) throw reason;
    throw unreachable(operation, address.ip, error);
  }
}
