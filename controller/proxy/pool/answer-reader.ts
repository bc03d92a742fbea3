/** Follows the answers to GETs on one connection, however its bytes are cut up. */
import { LIMITS } from "../limits.ts";
import { type AnswerHead, AnswerError, parseFields, parseHead } from "./answer-head.ts";

export interface AnswerListener {
  /** The status and headers of an answer, or of a 1xx before it. */
  onHead(head: AnswerHead): void;
  /** @param bytes a piece of its body; they are the reader's again when this returns */
  onBody(bytes: Buffer): void;
  /** It has come whole. @param trailers name, value, … */
  onEnd(trailers: readonly string[]): void;
}

/** `between`: nothing was asked, so nothing may come. */
type State =
  | "between"
  | "head"
  | "length"
  | "until-close"
  | "chunk-size"
  | "chunk"
  | "chunk-end"
  | "trailers";

const INFORMATION_MIN = 100;
const FINAL_MIN = 200;
const LINE_END = Buffer.from("\r\n");
const EMPTY_LINE = Buffer.from("\r\n\r\n");
/** A chunk's length and what may stand behind it, which nobody needs. */
const CHUNK_SIZE = /^([0-9a-f]{1,12})[\t ]*(;[\t\x20-\x7e\x80-\xff]*)?$/i;
const SIZE_LINE_BYTES_MAX = 4096;
const NO_TRAILERS: readonly string[] = [];
const NOTHING = Buffer.alloc(0);

export class AnswerReader {
  private state: State = "between";
  /** Bytes of the body, or of the chunk, that are still to come. */
  private left = 0;
  /** What cannot be understood before more has come: the first `kept` bytes of `store`. */
  private store: Buffer = NOTHING;
  private kept = 0;

  constructor(private readonly listener: AnswerListener) {}

  /** A request has been sent. */
  begin(): void {
    if (this.state !== "between") throw new Error("one request at a time");
    this.state = "head";
  }

  /** @throws AnswerError after which it is of no more use */
  take(chunk: Buffer): void {
    const before = this.kept;
    const bytes = before === 0 ? chunk : this.joined(chunk);
    let at = 0;
    // Nothing that ends what is kept was in it before.
    let lookFrom = Math.max(0, before - EMPTY_LINE.length);
    while (at < bytes.length) {
      const next = this.step(bytes, at, lookFrom);
      if (next < 0) break;
      at = next;
      lookFrom = at;
    }
    this.keep(bytes, at);
  }

  /** The target has closed the connection. @throws AnswerError in the middle of an answer */
  close(): void {
    const { state } = this;
    if (state === "between") return;
    if (state !== "until-close") throw new AnswerError("it breaks off");
    this.finish(NO_TRAILERS);
  }

  /** @returns where to go on; -1: more has to come before */
  private step(bytes: Buffer, at: number, lookFrom: number): number {
    switch (this.state) {
      case "between":
        throw new AnswerError("more than was asked for");
      case "head":
        return this.takeHead(bytes, at, lookFrom);
      case "length":
      case "chunk":
        return this.takeBody(bytes, at);
      case "until-close":
        this.listener.onBody(bytes.subarray(at));
        return bytes.length;
      case "chunk-size":
        return this.takeSize(bytes, at, lookFrom);
      case "chunk-end":
        return this.takeChunkEnd(bytes, at);
      case "trailers":
        return this.takeTrailers(bytes, at, lookFrom);
    }
  }

  private takeHead(bytes: Buffer, at: number, lookFrom: number): number {
    const end = indexIn(bytes, EMPTY_LINE, at, lookFrom, LIMITS.answerHeaderBytesMax);
    if (end < 0) return -1;
    const head = parseHead(bytes.toString("latin1", at, end));
    const isFinal = head.status < INFORMATION_MIN || head.status >= FINAL_MIN;
    if (isFinal) this.beginBody(head);
    this.listener.onHead(head);
    if (this.state === "length" && this.left === 0) this.finish(NO_TRAILERS);
    return end + EMPTY_LINE.length;
  }

  private beginBody({ body }: AnswerHead): void {
    switch (body.kind) {
      case "length":
        this.state = "length";
        this.left = body.bytes;
        break;
      case "chunked":
        this.state = "chunk-size";
        break;
      case "until-close":
        this.state = "until-close";
    }
  }

  private takeBody(bytes: Buffer, at: number): number {
    const end = Math.min(at + this.left, bytes.length);
    this.left -= end - at;
    const isLast = this.left === 0;
    this.listener.onBody(bytes.subarray(at, end));
    if (isLast && this.state === "length") this.finish(NO_TRAILERS);
    else if (isLast) this.state = "chunk-end";
    return end;
  }

  private takeSize(bytes: Buffer, at: number, lookFrom: number): number {
    const end = indexIn(bytes, LINE_END, at, lookFrom, SIZE_LINE_BYTES_MAX);
    if (end < 0) return -1;
    const size = CHUNK_SIZE.exec(bytes.toString("latin1", at, end))?.[1];
    if (size === undefined) throw new AnswerError("a chunk without a length");
    this.left = Number.parseInt(size, 16);
    this.state = this.left === 0 ? "trailers" : "chunk";
    // The end of the last one's line is the first half of the empty line that ends all.
    return this.left === 0 ? end : end + LINE_END.length;
  }

  private takeChunkEnd(bytes: Buffer, at: number): number {
    if (bytes.length - at < LINE_END.length) return -1;
    if (bytes[at] !== LINE_END[0] || bytes[at + 1] !== LINE_END[1]) {
      throw new AnswerError("a chunk is longer than it said");
    }
    this.state = "chunk-size";
    return at + LINE_END.length;
  }

  private takeTrailers(bytes: Buffer, at: number, lookFrom: number): number {
    const end = indexIn(bytes, EMPTY_LINE, at, lookFrom, LIMITS.answerHeaderBytesMax);
    if (end < 0) return -1;
    this.finish(end === at ? NO_TRAILERS : parseFields(bytes.toString("latin1", at, end), 2));
    return end + EMPTY_LINE.length;
  }

  private finish(trailers: readonly string[]): void {
    this.state = "between";
    this.listener.onEnd(trailers);
  }

  /** Behind what was kept; room for it is doubled, so that bytes that come one by one cost no square. */
  private joined(chunk: Buffer): Buffer {
    const length = this.kept + chunk.length;
    if (length > this.store.length) {
      const wider = Buffer.allocUnsafe(Math.max(length, 2 * this.store.length));
      this.store.copy(wider, 0, 0, this.kept);
      this.store = wider;
    }
    chunk.copy(this.store, this.kept);
    return this.store.subarray(0, length);
  }

  private keep(bytes: Buffer, from: number): void {
    const rest = bytes.length - from;
    const isOurs = bytes.buffer === this.store.buffer && bytes.byteOffset === this.store.byteOffset;
    this.kept = rest;
    if (rest === 0) this.store = NOTHING;
    else if (isOurs) this.store.copyWithin(0, from, from + rest);
    else this.store = Buffer.from(bytes.subarray(from));
  }
}

/** @param max how long it may be before it @returns where it begins; -1: it is still to come */
function indexIn(bytes: Buffer, what: Buffer, at: number, lookFrom: number, max: number): number {
  const found = bytes.indexOf(what, Math.max(at, lookFrom));
  const length = (found < 0 ? bytes.length : found) - at;
  if (length > max) throw new AnswerError(`more than ${max} bytes without an end`);
  return found;
}
