/**
 * RecordIO, the framing of Mesos event streams: the length in bytes as decimal digits, a line feed,
 * then that many bytes (Mesos HTTP API, "RecordIO response format"). Pure.
 */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";

/** A master of many agents sends all their offers in one record, about 1 kB each. Bytes. */
export const RECORD_BYTES_MAX = 32 * 1024 * 1024;

const LINE_FEED = 0x0a;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LENGTH_DIGITS_MAX = 10;

/** Takes the stream apart however the network has cut it. After an error it is of no more use. */
export class RecordDecoder {
  private digits = "";
  private parts: Uint8Array[] = [];
  /** Bytes that the current record lacks; null while its length is being read. */
  private lacking: number | null = null;

  constructor(private readonly recordBytesMax = RECORD_BYTES_MAX) {}

  /**
   * @returns the records that this chunk has completed, in order
   * @throws OperationError ERR_MESOS_UNREACHABLE when this is no RecordIO or a record is too large
   */
  push(chunk: Uint8Array): string[] {
    const records: string[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.lacking === null) {
        rest = this.readLength(rest);
      } else {
        const part = rest.subarray(0, this.lacking);
        this.parts.push(part);
        this.lacking -= part.length;
        rest = rest.subarray(part.length);
      }
      if (this.lacking === 0) records.push(this.finishRecord());
    }
    return records;
  }

  /** True between records: a stream that ends now has lost nothing. */
  get between(): boolean {
    return this.lacking === null && this.digits === "";
  }

  private readLength(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(LINE_FEED);
    const line = end < 0 ? bytes : bytes.subarray(0, end);
    if (this.digits.length + line.length > LENGTH_DIGITS_MAX || !line.every(isDigit)) {
      throw notRecordIo(`"${Buffer.from(line.subarray(0, 40)).toString("latin1")}" is no length`);
    }
    this.digits += Buffer.from(line).toString("latin1");
    if (end < 0) return bytes.subarray(bytes.length);
    if (this.digits === "") throw notRecordIo("a record without a length");
    const length = Number(this.digits);
    if (length > this.recordBytesMax) {
      throw notRecordIo(`a record of ${length} bytes, at most ${this.recordBytesMax} are taken`);
    }
    this.digits = "";
    this.lacking = length;
    return bytes.subarray(end + 1);
  }

  private finishRecord(): string {
    const text = Buffer.concat(this.parts).toString("utf8");
    this.parts = [];
    this.lacking = null;
    return text;
  }
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

function notRecordIo(found: string): OperationError {
  const message = `The Mesos master's event stream cannot be read: ${found}.`;
  return new OperationError(ERROR_CODES.MESOS_UNREACHABLE, "read events", message);
}
