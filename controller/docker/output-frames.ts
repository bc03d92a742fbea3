/**
 * Splits the output of an exec without a terminal into stdout and stderr. Frames have a header of
 * eight bytes: the stream's number, three zeros, the length in big-endian (Docker API,
 * `ContainerAttach`, "Stream format").
 */
const HEADER_BYTES = 8;
const STDERR = 2;

export interface OutputPart {
  readonly target: "stdout" | "stderr";
  readonly bytes: Buffer;
}

export class OutputFrames {
  private header = Buffer.alloc(0);
  private target: OutputPart["target"] = "stdout";
  private remaining = 0;

  /** Passes on what there is: a frame is never gathered, however long it is. */
  push(chunk: Buffer): OutputPart[] {
    const parts: OutputPart[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.remaining === 0) {
        rest = this.takeHeader(rest);
        continue;
      }
      const bytes = rest.subarray(0, this.remaining);
      parts.push({ target: this.target, bytes });
      this.remaining -= bytes.length;
      rest = rest.subarray(bytes.length);
    }
    return parts;
  }

  private takeHeader(chunk: Buffer): Buffer {
    const missing = HEADER_BYTES - this.header.length;
    this.header = Buffer.concat([this.header, chunk.subarray(0, missing)]);
    if (this.header.length === HEADER_BYTES) {
      this.target = this.header.readUInt8(0) === STDERR ? "stderr" : "stdout";
      this.remaining = this.header.readUInt32BE(4);
      this.header = Buffer.alloc(0);
    }
    return chunk.subarray(missing);
  }
}
