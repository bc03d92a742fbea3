/**
 * Jute, the serialization of ZooKeeper's records (zookeeper-jute, BinaryOutputArchive): integers big
 * endian, texts and lists with their length before them, -1 for none. Pure.
 */

/** What a server sent is not what ZooKeeper's protocol says. */
export class ZooKeeperProtocolError extends Error {
  override readonly name = "ZooKeeperProtocolError";
}

/** A text has at least its length. Bytes. */
const TEXT_BYTES_MIN = 4;

export class JuteWriter {
  private readonly parts: Buffer[] = [];

  int(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return this.raw(bytes);
  }

  long(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return this.raw(bytes);
  }

  bool(value: boolean): this {
    return this.raw(Buffer.of(value ? 1 : 0));
  }

  buffer(bytes: Uint8Array): this {
    return this.int(bytes.length).raw(bytes);
  }

  text(text: string): this {
    return this.buffer(Buffer.from(text, "utf8"));
  }

  /** What was written, with the length before it that makes a packet of it. */
  packet(): Buffer {
    const content = Buffer.concat(this.parts);
    const length = Buffer.alloc(4);
    length.writeInt32BE(content.length);
    return Buffer.concat([length, content]);
  }

  private raw(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes));
    return this;
  }
}

/** Reads one packet from its beginning. Every method throws {@link ZooKeeperProtocolError}. */
export class JuteReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** Bytes that are left. */
  get rest(): number {
    return this.bytes.length - this.at;
  }

  int(): number {
    return this.take(4).readInt32BE();
  }

  long(): bigint {
    return this.take(8).readBigInt64BE();
  }

  /** Null and empty are one. */
  buffer(): Buffer {
    return this.take(this.length("a buffer"));
  }

  text(): string {
    return this.buffer().toString("utf8");
  }

  texts(): string[] {
    const count = this.length("a list");
    // So that a number alone makes nobody work.
    if (count * TEXT_BYTES_MIN > this.rest) throw tooShort("a list", this.rest);
    return Array.from({ length: count }, () => this.text());
  }

  private length(what: string): number {
    const length = this.int();
    if (length < -1) throw new ZooKeeperProtocolError(`${what} has the length ${length}`);
    return Math.max(0, length);
  }

  private take(length: number): Buffer {
    if (length > this.rest) throw tooShort(`something of ${length} bytes`, this.rest);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function tooShort(what: string, rest: number): ZooKeeperProtocolError {
  return new ZooKeeperProtocolError(`${what} does not fit into the ${rest} bytes that are left`);
}
