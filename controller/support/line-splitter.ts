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
    return this.take(this.decoder.write(chunk));
  }

  /** What is left without a newline is a line too. @throws as {@link push} */
  end(): string[] {
    const lines = this.take(this.decoder.end());
    if (this.rest !== "") lines.push(this.rest);
    this.rest = "";
    return lines;
  }

  private take(text: string): string[] {
    const [first = "", ...others] = text.split("\n");
    // Not split again with each piece: a line that comes byte by byte costs no more than another.
    const lines = [this.rest + first, ...others].flatMap((line) => this.bounded(line));
    this.rest = lines.pop() ?? "";
    return lines;
  }

  private bounded(line: string): readonly string[] {
    const { lengthMax, tooLong, what } = this.limit;
    if (line.length <= lengthMax) return [line];
    if (tooLong === "throw") {
      throw new LineTooLongError(`${what}: a line is longer than ${lengthMax} characters`);
    }
    const parts: string[] = [];
    for (let at = 0; at < line.length; at += lengthMax) parts.push(line.slice(at, at + lengthMax));
    return parts;
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
