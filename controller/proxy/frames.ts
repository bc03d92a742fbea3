/** Headers of WebSocket frames (RFC 6455, section 5.2), and the few frames that the proxy sends. */

export const FIN = 0x80;
const MASK = 0x80;
const RESERVED = 0x70;
const CONTROL = 0x08;
const CONTROL_PAYLOAD_MAX = 125;

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The peer broke the protocol; no frame of ours can follow what it sent. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

export interface FrameHeader {
  readonly first: number;
  /** Of the header itself, a mask included; bytes. */
  readonly length: number;
  /** Bytes. */
  readonly payload: number;
}

/** @param masked true: what a client sends, false: what a server sends */
export function readHeader(bytes: Buffer, at: number, masked: boolean): FrameHeader | null {
  const first = bytes[at];
  const second = bytes[at + 1];
  // It has not arrived whole.
  if (first === undefined || second === undefined) return null;
  if (((second & MASK) !== 0) !== masked) throw new FrameError(maskFault(masked));
  const payload = second & 0x7f;
  const mask = masked ? 4 : 0;
  if ((first & CONTROL) !== 0 && payload > CONTROL_PAYLOAD_MAX) {
    throw new FrameError("a control frame is too long");
  }
  const size = (payload < 126 ? 2 : payload === 126 ? 4 : 10) + mask;
  if (bytes.length < at + size) return null;
  if (payload < 126) return { first, length: size, payload };
  if (payload === 126) return { first, length: size, payload: bytes.readUInt16BE(at + 2) };
  const long = bytes.readBigUInt64BE(at + 2);
  if (long > BigInt(Number.MAX_SAFE_INTEGER)) throw new FrameError("a frame is too long");
  return { first, length: size, payload: Number(long) };
}

export function opcodeOf({ first }: FrameHeader): number {
  return first & 0x0f;
}

export function isControl({ first }: FrameHeader): boolean {
  return (first & CONTROL) !== 0;
}

export function isFinal({ first }: FrameHeader): boolean {
  return (first & FIN) !== 0;
}

/** Bits that only an extension gives a meaning. */
export function hasReserved({ first }: FrameHeader): boolean {
  return (first & RESERVED) !== 0;
}

/** The header of a server's frame: unmasked. */
export function serverHeader(first: number, payload: number): Buffer {
  if (payload < 126) return Buffer.from([first, payload]);
  const long = payload > 0xffff;
  const bytes = Buffer.alloc(long ? 10 : 4);
  bytes[0] = first;
  bytes[1] = long ? 127 : 126;
  if (long) bytes.writeBigUInt64BE(BigInt(payload), 2);
  else bytes.writeUInt16BE(payload, 2);
  return bytes;
}

/** A close frame of a server. The reason has at most 123 bytes. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason, "utf8");
  if (text.length > CONTROL_PAYLOAD_MAX - 2) throw new Error(`close reason too long: ${reason}`);
  const body = Buffer.alloc(2 + text.length);
  body.writeUInt16BE(code, 0);
  text.copy(body, 2);
  return controlFrame(OPCODE.close, body);
}

/** A control frame of a server. The payload has at most 125 bytes. */
export function controlFrame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([serverHeader(FIN | opcode, payload.length), payload]);
}

/** @param frame a client's, whole @returns its payload, in clear */
export function unmasked(frame: Buffer, { length }: FrameHeader): Buffer {
  const payload = Buffer.from(frame.subarray(length));
  for (let i = 0; i < payload.length; i += 1) {
    payload[i] = (payload[i] as number) ^ (frame[length - 4 + (i & 3)] as number);
  }
  return payload;
}

function maskFault(masked: boolean): string {
  return masked ? "a client must mask its frames" : "a server must not mask its frames";
}
