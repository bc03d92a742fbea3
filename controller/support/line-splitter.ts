/**
 * Lines of a byte stream, whatever pieces it comes in, with a limit: a peer that never ends its
 * line costs a bounded memory.
 */
import { StringDecoder } from "node:string_decoder";

export interface LineLimit {
  /** Longest line, in UTF-16 units, without its newline. */
  readonly lengthMax: number;
  /** `cut`: a line that outgrows it ends there. `throw`: the stream cannot be read on. */
  readonly tooLong: "cut" | "throw";
  /** The stream as its reader knows it, for the error. */
  readonly what: string;
}

export class LineTooLongError extends Error {
  override readonly name = "LineTooLongError";
}

export class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(private readonly limit: LineLimit) {
    if (!(limit.lengthMax > 0)) throw new Error(`no limit for a line: ${limit.lengthMax}`);
  }

  /**
   * The lines that are complete with this chunk, empty ones included, without their newlines.
   *
   * @throws LineTooLongError when the limit says so
   */
  push(chunk: Buffer): string[] {
    const lines = (this.rest + this.decoder.write(chunk)).split("\n");
    this.rest = lines.pop() ?? "";
    const { lengthMax, tooLong, what } = this.limit;
    const isLong = (line: string) => line.length > lengthMax;
    if (tooLong === "throw" && (isLong(this.rest) || lines.some(isLong))) {
      throw new LineTooLongError(`${what}: a line is longer than ${lengthMax} characters`);
    }
    if (!isLong(this.rest)) return lines;
    lines.push(this.rest);
    this.rest = "";
    return lines;
  }

  /** What is left without a newline is a line too. */
  end(): string[] {
    const rest = this.rest + this.decoder.end();
    this.rest = "";
    return rest === "" ? [] : [rest];
  }
}

/** Yields the lines of a whole stream. @throws as {@link LineSplitter} and the stream do */
export async function* linesOf(
  stream: AsyncIterable<Buffer>,
  limit: LineLimit,
): AsyncGenerator<string> {
  const splitter = new LineSplitter(limit);
  for await (const chunk of stream) yield* splitter.push(chunk);
  yield* splitter.end();
}
