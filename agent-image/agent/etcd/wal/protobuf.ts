/** As much of the protobuf encoding as etcd's write-ahead log needs. Pure. */

/** Bytes that are no protobuf message. */
export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

const VARINT_BYTES_MAX = 10;

/** Where a message lies. A log has so many of them that a Buffer for each is too slow. */
export interface Span {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Walks over the fields of one message: `while (reader.next()) switch (reader.field) …`. */
export class ProtobufReader {
  private readonly bytes: Buffer;
  private readonly end: number;
  private position: number;
  private wireType = 0;
  /** Number of the field that `next` has found; read or skip it before the following `next`. */
  field = 0;

  constructor({ bytes, start, end }: Span) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.number();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    return true;
  }

  /** A varint that is known to be below 2^53: an index, a term, a length. */
  number(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    const start = this.position;
    let value = byte & 0x7f;
    let scale = 128;
    for (;;) {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (this.position - start >= VARINT_BYTES_MAX) throw new ProtobufError("varint too long");
      scale *= 128;
    }
  }

  /** A varint of 64 bits: an id. */
  uint64(): bigint {
    const start = this.position;
    let value = 0n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * (this.position - 1 - start));
      if (byte < 0x80) return BigInt.asUintN(64, value);
      if (this.position - start >= VARINT_BYTES_MAX) throw new ProtobufError("varint too long");
    }
  }

  message(): Span {
    const length = this.number();
    const start = this.position;
    this.skipBytes(length);
    return { bytes: this.bytes, start, end: this.position };
  }

  skip(): void {
    switch (this.wireType) {
      case 0:
        this.number();
        break;
      case 1:
        this.skipBytes(8);
        break;
      case 2:
        this.skipBytes(this.number());
        break;
      case 5:
        this.skipBytes(4);
        break;
      default:
        throw new ProtobufError(`wire type ${this.wireType}`);
    }
  }

  private skipBytes(count: number): void {
    if (count > this.end - this.position) throw new ProtobufError("message is cut");
    this.position += count;
  }

  private byte(): number {
    if (this.position >= this.end) throw new ProtobufError("message is cut");
    const byte = this.bytes[this.position] as number;
    this.position += 1;
    return byte;
  }
}

/** Fields in the order given, as bytes; a number is written as a varint. */
export function encodeMessage(fields: readonly (readonly [number, bigint | Buffer])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [field, value] of fields) {
    const isVarint = typeof value === "bigint";
    parts.push(varint(BigInt(field * 8 + (isVarint ? 0 : 2))));
    if (isVarint) parts.push(varint(value));
    else parts.push(varint(BigInt(value.length)), value);
  }
  return Buffer.concat(parts);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
