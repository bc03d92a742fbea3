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

import { FIN, isControl, isFinal, OPCODE, opcodeOf, readHeader, serverHeader } from "./frames.ts";

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
    out.push(serverHeader(ends ? FIN : 0, part.length), part);
    return bytes.subarray(part.length);
  }

  /** Length of the whole frames at the start of `bytes`; a close frame is the last one. */
  private wholeFrames(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      const frame = readHeader(bytes, at, false);
      if (frame === null || at + frame.length + frame.payload > bytes.length) break;
      at += frame.length + frame.payload;
      if (opcodeOf(frame) === OPCODE.close) {
        this.closed = true;
        break;
      }
    }
    return at;
  }

  private beginFrame(bytes: Buffer, out: Buffer[]): void {
    const frame = readHeader(bytes, 0, false);
    if (frame === null || isControl(frame) || frame.length === bytes.length) {
      // A copy, so that 14 bytes do not keep a whole read buffer alive.
      this.kept = Buffer.from(bytes);
      return;
    }
    const part = bytes.subarray(frame.length);
    this.left = frame.payload - part.length;
    this.final = isFinal(frame);
    out.push(serverHeader(frame.first & ~FIN, part.length), part);
  }
}
