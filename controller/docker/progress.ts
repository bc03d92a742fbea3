/** What the engine writes while it pulls, imports or builds. */
import { LineSplitter } from "../support/line-splitter.ts";

const LINE_LENGTH_MAX = 1024 * 1024;

/** What Docker writes while it pulls, imports or builds: a JSON object a line. */
interface DockerMessage {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
}

export interface ProgressOptions {
  /** Longest silence, in milliseconds; then the request is given up. */
  readonly silenceMsMax: number;
  /** Each line that is worth showing; left out: nobody looks. */
  readonly onLine?: (line: string) => void;
}

/**
 * Reads a progress stream to its end.
 *
 * @throws Error with Docker's own words when it reports one, or when it stays silent too long
 */
export async function followProgress(
  stream: NodeJS.ReadableStream,
  options: ProgressOptions,
): Promise<void> {
  const readable = stream as NodeJS.ReadableStream & { destroy(error?: Error): void };
  const silence = `no progress for ${options.silenceMsMax / 1000} seconds`;
  const timer = setTimeout(() => readable.destroy(new Error(silence)), options.silenceMsMax);
  const splitter = new LineSplitter({
    what: "Docker's progress",
    lengthMax: LINE_LENGTH_MAX,
    tooLong: "throw",
  });
  try {
    for await (const chunk of readable) {
      timer.refresh();
      for (const line of splitter.push(Buffer.from(chunk))) {
        if (line.trim() !== "") take(line, options.onLine);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function take(line: string, onLine: ProgressOptions["onLine"]): void {
  const message = JSON.parse(line) as DockerMessage;
  if (message.error !== undefined) throw new Error(message.error);
  for (const text of (message.stream ?? message.status ?? "").split(/[\r\n]+/)) {
    const plain = text.trim();
    // Progress bars of single layers (those with an id) would flood a log.
    if (plain !== "" && message.id === undefined) onLine?.(plain);
  }
}
