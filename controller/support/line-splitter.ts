/** Lines of a byte stream, with a limit: a peer that never ends its line costs a bounded memory. */

export class LineTooLongError extends Error {
  override readonly name = "LineTooLongError";
}

export class LineSplitter {
  private pending: Buffer[] = [];
  private pendingBytes = 0;

  /** @param lineBytesMax longest line without its newline */
  constructor(
    private readonly what: string,
    private readonly lineBytesMax: number,
  ) {
    if (!(lineBytesMax > 0)) throw new Error(`no limit for a line: ${lineBytesMax}`);
  }

  /**
   * The lines that are complete with this chunk, without newlines and without empty ones.
   *
   * @throws LineTooLongError after which the stream cannot be read on
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.keep(chunk.subarray(start, end));
      const line = Buffer.concat(this.pending).toString("utf8").trim();
      this.pending = [];
      this.pendingBytes = 0;
      if (line !== "") lines.push(line);
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
    return lines;
  }

  private keep(part: Buffer): void {
    this.pendingBytes += part.length;
    if (this.pendingBytes > this.lineBytesMax) {
      throw new LineTooLongError(`${this.what}: a line is longer than ${this.lineBytesMax} bytes`);
    }
    if (part.length > 0) this.pending.push(part);
  }
}
