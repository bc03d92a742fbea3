/**
 * What a page has sent to a kernel: what waits while there is no server, and the last few messages
 * that a server got, since nobody knows which of them it had carried out when it was lost. They are
 * sent again to the next one, where the kernel's keeper drops what it has seen.
 */
import { LIMITS } from "../limits.ts";

interface Sent {
  readonly bytes: Buffer;
  /** Milliseconds. */
  readonly at: number;
}

const { resentMessagesMax, resentBytesMax, resentAgeMs } = LIMITS.join;

export class SentMessages {
  private readonly sent: Sent[] = [];
  private sentBytes = 0;
  private waiting: { readonly bytes: Buffer; readonly whole: boolean }[] = [];
  waitingBytes = 0;

  /** @param now milliseconds */
  toServer(bytes: Buffer, now: number): void {
    this.sent.push({ bytes: ownBytes(bytes), at: now });
    this.sentBytes += bytes.length;
    // The last one is kept, however large.
    while (this.sent.length > 1 && this.isTooMuch()) this.forget();
  }

  /** @param whole false: part of a message that is too large to be kept, and is sent only once */
  toWait(bytes: Buffer, whole: boolean): void {
    this.waiting.push({ bytes, whole });
    this.waitingBytes += bytes.length;
  }

  /** The server is lost; what it was given long before, it has carried out. */
  serverLost(now: number): void {
    while (this.sent[0] !== undefined && this.sent[0].at < now - resentAgeMs) this.forget();
  }

  /** Everything that the next server is to be sent, in order. */
  resend(now: number): Buffer[] {
    const { waiting } = this;
    const all = [...this.sent, ...waiting].map(({ bytes }) => bytes);
    this.waiting = [];
    this.waitingBytes = 0;
    for (const { bytes, whole } of waiting) if (whole) this.toServer(bytes, now);
    return all;
  }

  /** Nobody is to be sent any of it. */
  clear(): void {
    this.sent.length = 0;
    this.sentBytes = 0;
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private isTooMuch(): boolean {
    return this.sent.length > resentMessagesMax || this.sentBytes > resentBytesMax;
  }

  private forget(): void {
    this.sentBytes -= this.sent.shift()?.bytes.length ?? 0;
  }
}

/** So that a small message does not keep a large read buffer alive. */
function ownBytes(bytes: Buffer): Buffer {
  return bytes.length * 2 < bytes.buffer.byteLength ? Buffer.from(bytes) : bytes;
}
