/**
 * Follows the frames that a WebSocket server sends (RFC 6455, section 5.2), so that a close frame
 * of ours can be put behind them at any moment.
 *
 * A frame that has not arrived whole would make that impossible, so what has arrived of it is
 * passed on as a fragment of its own (section 5.4) and the rest as continuation. Receivers see the
 * same messages. Whole frames pass unchanged, and nothing but headers and control frames, at most
 * 135 bytes, is ever kept back.
 *
 * Section 5.4 lets an intermediary do so only where it knows every extension in use; the caller
 * lets no other through than permessage-deflate, whose messages may be fragmented (RFC 7692, 6).
 */

const FIN = 0x80;
const MASK = 0x80;
const CONTROL = 0x08;
const CLOSE = 0x08;
const CONTROL_PAYLOAD_MAX = 125;

/** The server broke the protocol; no frame of ours can follow what it sent. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

interface Header {
  readonly first: number;
  readonly length: number;
  readonly payload: number;
}

export class ServerFrames {
  /** A close frame has passed: nothing may follow it. */
  closed = false;
  /** The beginning of a frame that cannot be passed on yet. */
  private kept: Buffer = Buffer.alloc(0);
  /** Payload of the current frame that is still to come, and whether that frame ends a message. */
  private left = 0;
  private final = false;

  /**
   * @returns what to send on; with it, everything sent so far ends at the end of a frame
   * @throws FrameError
   */
  take(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    if (this.closed) return out;
    let bytes = this.kept.length === 0 ? chunk : Buffer.concat([this.kept, chunk]);
    this.kept = Buffer.alloc(0);
    if (this.left > 0) bytes = this.continueFrame(bytes, out);
    const whole = this.wholeFrames(bytes);
    if (whole > 0) out.push(bytes.subarray(0, whole));
    if (whole < bytes.length && !this.closed) this.beginFrame(bytes.subarray(whole), out);
    return out;
  }

  private continueFrame(bytes: Buffer, out: Buffer[]): Buffer {
    const part = bytes.subarray(0, this.left);
    if (part.length === 0) return bytes;
    this.left -= part.length;
    const ends = this.left === 0 && this.final;
    out.push(header(ends ? FIN : 0, part.length), part);
    return bytes.subarray(part.length);
  }

  /** Length of the whole frames at the start of `bytes`; a close frame is the last one. */
  private wholeFrames(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      const frame = readHeader(bytes, at);
      if (frame === null || at + frame.length + frame.payload > bytes.length) break;
      at += frame.length + frame.payload;
      if ((frame.first & 0x0f) === CLOSE) {
        this.closed = true;
        break;
      }
    }
    return at;
  }

  private beginFrame(bytes: Buffer, out: Buffer[]): void {
    const frame = readHeader(bytes, 0);
    if (frame === null || isControl(frame) || frame.length === bytes.length) {
      // A copy, so that 14 bytes do not keep a whole read buffer alive.
      this.kept = Buffer.from(bytes);
      return;
    }
    const part = bytes.subarray(frame.length);
    this.left = frame.payload - part.length;
    this.final = (frame.first & FIN) !== 0;
    out.push(header(frame.first & ~FIN, part.length), part);
  }
}

/** A close frame of a server: unmasked. The reason has at most 123 bytes. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason, "utf8");
  if (text.length > CONTROL_PAYLOAD_MAX - 2) throw new Error(`close reason too long: ${reason}`);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = FIN | CLOSE;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}

function isControl(frame: Header): boolean {
  return (frame.first & CONTROL) !== 0;
}

/** Null: it has not arrived whole. */
function readHeader(bytes: Buffer, at: number): Header | null {
  const first = bytes[at];
  const second = bytes[at + 1];
  if (first === undefined || second === undefined) return null;
  if ((second & MASK) !== 0) throw new FrameError("a server must not mask its frames");
  const payload = second & 0x7f;
  const size = payload < 126 ? 2 : payload === 126 ? 4 : 10;
  if ((first & CONTROL) !== 0 && payload > CONTROL_PAYLOAD_MAX) {
    throw new FrameError("a control frame is too long");
  }
  if (bytes.length < at + size) return null;
  if (size === 2) return { first, length: 2, payload };
  if (size === 4) return { first, length: 4, payload: bytes.readUInt16BE(at + 2) };
  const long = bytes.readBigUInt64BE(at + 2);
  if (long > BigInt(Number.MAX_SAFE_INTEGER)) throw new FrameError("a frame is too long");
  return { first, length: 10, payload: Number(long) };
}

function header(first: number, payload: number): Buffer {
  if (payload < 126) return Buffer.from([first, payload]);
  const long = payload > 0xffff;
  const bytes = Buffer.alloc(long ? 10 : 4);
  bytes[0] = first;
  bytes[1] = long ? 127 : 126;
  if (long) bytes.writeBigUInt64BE(BigInt(payload), 2);
  else bytes.writeUInt16BE(payload, 2);
  return bytes;
}
