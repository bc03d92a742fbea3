/**
 * Cuts what one end of a WebSocket sends into whole messages (RFC 6455, section 5.4), so that at any
 * moment it is known which of them the other end has got, and nothing of any other.
 *
 * A message that is too large to be kept until it is whole comes in parts; until its end the other
 * end has got a piece of it, which no other server can complete.
 */
import type { ByteBudget } from "../byte-budget.ts";
import {
  FrameError,
  type FrameHeader,
  hasReserved,
  isControl,
  isFinal,
  OPCODE,
  opcodeOf,
  readHeader,
  unmasked,
} from "../frames.ts";

export interface WholeMessage {
  readonly kind: "message";
  /** Text or binary. */
  readonly opcode: number;
  /** Its frames, as they came. */
  readonly bytes: Buffer;
  /** What a server said; a client's is still masked, and of no use. */
  readonly payload: Buffer;
}

export interface PartOfMessage {
  readonly kind: "part";
  readonly opcode: number;
  readonly bytes: Buffer;
  /** Of the first part: the beginning of the payload, as far as it has come. */
  readonly head: Buffer | null;
  readonly ends: boolean;
}

export interface Control {
  readonly kind: "control";
  readonly opcode: number;
  readonly bytes: Buffer;
  /** In clear. */
  readonly payload: Buffer;
}

export type Unit = WholeMessage | PartOfMessage | Control;

export interface MessageReaderOptions {
  /** True: a client's frames. */
  readonly masked: boolean;
  /** A longer message comes in parts. */
  readonly wholeBytesMax: number;
  /** What all readers together keep; a message that finds no room comes in parts. */
  readonly budget: ByteBudget;
}

/** A data frame that has begun and not ended. */
interface Pending {
  readonly header: FrameHeader;
  readonly pieces: Buffer[];
  left: number;
}

interface Frame {
  readonly bytes: Buffer;
  readonly header: FrameHeader;
}

export class MessageReader {
  /** A close frame has come: nothing follows it. */
  closed = false;
  /** The beginning of a header. */
  private kept: Buffer | null = null;
  private frame: Pending | null = null;
  /** Whole frames of the message that has not ended. */
  private frames: Frame[] = [];
  /** Of the message that has not ended; 0: there is none. */
  private opcode = 0;
  private inParts = false;
  private keptBytes = 0;

  constructor(private readonly options: MessageReaderOptions) {}

  /** Part of a message was given out, and not its end. */
  get halfGiven(): boolean {
    return this.inParts;
  }

  /** @throws FrameError */
  take(chunk: Buffer): Unit[] {
    const units: Unit[] = [];
    if (this.closed) return units;
    const bytes = this.kept === null ? chunk : Buffer.concat([this.kept, chunk]);
    this.kept = null;
    let at = this.frame === null ? 0 : this.continueFrame(this.frame, bytes, units);
    while (at < bytes.length && !this.closed) {
      const header = readHeader(bytes, at, this.options.masked);
      if (header === null) {
        // A copy, so that 14 bytes do not keep a whole read buffer alive.
        this.kept = Buffer.from(bytes.subarray(at));
        break;
      }
      if (!isControl(header)) this.check(header);
      const end = at + header.length + header.payload;
      if (end > bytes.length) {
        this.beginFrame(header, bytes.subarray(at), units);
        break;
      }
      this.endFrame({ header, bytes: bytes.subarray(at, end) }, units);
      at = end;
    }
    return units;
  }

  /** Forgets what is not whole: there is nobody any more who would send the rest. */
  reset(): void {
    this.giveBack();
    this.kept = null;
    this.frame = null;
    this.frames = [];
    this.opcode = 0;
    this.inParts = false;
    this.closed = false;
  }

  private check(header: FrameHeader): void {
    if (hasReserved(header)) throw new FrameError("an extension is used that was not agreed on");
    const opcode = opcodeOf(header);
    if (opcode !== OPCODE.continuation && opcode !== OPCODE.text && opcode !== OPCODE.binary) {
      throw new FrameError("a frame of an unknown kind");
    }
    if ((opcode === OPCODE.continuation) === (this.opcode === 0)) {
      throw new FrameError("a fragment out of place");
    }
    if (opcode !== OPCODE.continuation) this.opcode = opcode;
  }

  private beginFrame(header: FrameHeader, bytes: Buffer, units: Unit[]): void {
    const left = header.length + header.payload - bytes.length;
    this.frame = { header, pieces: [bytes], left };
    if (isControl(header)) return;
    if (this.inParts) this.givePart(bytes, false, units);
    else this.keep(bytes.length, header.payload, units);
  }

  private continueFrame(frame: Pending, bytes: Buffer, units: Unit[]): number {
    const piece = bytes.subarray(0, frame.left);
    frame.left -= piece.length;
    const ends = frame.left === 0;
    if (ends) this.frame = null;
    if (this.inParts && !isControl(frame.header)) {
      this.endPart(frame.header, piece, ends, units);
      return piece.length;
    }
    frame.pieces.push(piece);
    if (ends) this.endFrame({ header: frame.header, bytes: Buffer.concat(frame.pieces) }, units);
    else if (!isControl(frame.header)) this.keep(piece.length, 0, units);
    return piece.length;
  }

  private endFrame(frame: Frame, units: Unit[]): void {
    const { header, bytes } = frame;
    if (isControl(header)) return this.giveControl(frame, units);
    if (this.inParts) return this.endPart(header, bytes, true, units);
    const { opcode } = this;
    if (isFinal(header) && this.frames.length === 0) {
      units.push({ kind: "message", opcode, bytes, payload: bytes.subarray(header.length) });
    } else {
      this.frames.push(frame);
      if (!isFinal(header)) return this.keep(bytes.length, 0, units);
      const payload = Buffer.concat(this.frames.map((f) => f.bytes.subarray(f.header.length)));
      const whole = Buffer.concat(this.frames.map((f) => f.bytes));
      units.push({ kind: "message", opcode, bytes: whole, payload });
    }
    this.endMessage();
  }

  private endMessage(): void {
    this.giveBack();
    this.frames = [];
    this.opcode = 0;
    this.inParts = false;
  }

  private giveControl({ header, bytes }: Frame, units: Unit[]): void {
    const opcode = opcodeOf(header);
    if (opcode === OPCODE.close) this.closed = true;
    const { masked } = this.options;
    const payload = masked ? unmasked(bytes, header) : bytes.subarray(header.length);
    units.push({ kind: "control", opcode, bytes, payload });
  }

  /** @param announced what is sure to come */
  private keep(bytes: number, announced: number, units: Unit[]): void {
    const { wholeBytesMax, budget } = this.options;
    const fits = this.keptBytes + Math.max(bytes, announced) <= wholeBytesMax;
    if (fits && budget.take(bytes)) {
      this.keptBytes += bytes;
      return;
    }
    this.inParts = true;
    const pieces = [...this.frames.map((f) => f.bytes), ...(this.frame?.pieces ?? [])];
    const first = this.frames[0]?.header ?? this.frame?.header;
    const all = Buffer.concat(pieces);
    const { opcode } = this;
    const head = all.subarray(first?.length ?? 0);
    units.push({ kind: "part", opcode, bytes: all, head, ends: false });
    this.frames = [];
    this.giveBack();
  }

  private endPart(header: FrameHeader, bytes: Buffer, ends: boolean, units: Unit[]): void {
    const last = ends && isFinal(header);
    this.givePart(bytes, last, units);
    if (last) this.endMessage();
  }

  private givePart(bytes: Buffer, ends: boolean, units: Unit[]): void {
    units.push({ kind: "part", opcode: this.opcode, bytes, head: null, ends });
  }

  private giveBack(): void {
    this.options.budget.give(this.keptBytes);
    this.keptBytes = 0;
  }
}
