/** Cuts a stream of bytes into lines; a line that never ends is cut at a limit. */
import { StringDecoder } from "node:string_decoder";

const LINE_CHARS_MAX = 64 * 1024;

export class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.write(chunk)).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.onLine(line);
    if (this.rest.length > LINE_CHARS_MAX) this.end();
  }

  /** What is left without a line end is a line too. */
  end(): void {
    const { rest } = this;
    this.rest = "";
    if (rest !== "") this.onLine(rest);
  }
}
