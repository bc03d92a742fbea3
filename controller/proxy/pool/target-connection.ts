/** A connection to a target, on which one GET after the other is asked. */
import type { Socket } from "node:net";
import { connectTo } from "../connect-to.ts";
import { AnswerError, type AnswerHead } from "./answer-head.ts";
import { AnswerReader } from "./answer-reader.ts";

/** Whoever has asked; after `ended` or `lost` nothing comes any more. */
export interface Asker {
  /** There is a connection, and it is being sent. */
  sent(): void;
  /** The answer, or a 1xx before it. */
  head(head: AnswerHead): void;
  /**
   * @param done to be called when the bytes, which are lent, have been passed on; undefined: they are given
   * @returns false: no more of it before {@link TargetConnection.resume}
   */
  body(bytes: Buffer, done: (() => void) | undefined): boolean;
  ended(trailers: readonly string[]): void;
  /** The connection could not be made, broke, or brought what cannot be understood. */
  lost(): void;
}

export interface TargetConnectionOptions {
  readonly ip: string;
  readonly port: number;
  /** Its answer has come whole, and for so many milliseconds it may be asked again. */
  onIdle(connection: TargetConnection, keepMs: number): void;
  onClosed(connection: TargetConnection): void;
}

/** Read into by all connections in turn: what has come is taken out before another one is read. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);
/** Whoever sends so much at a time has a large body; it is read into buffers that are passed on as they are. */
const BULK_MIN = 32 * 1024;
const BULK_BYTES = 256 * 1024;
/** Fewer bytes are copied rather than to lend a whole buffer for them. */
const LENT_MIN = 16 * 1024;
const SPARE_MAX = 4;

export class TargetConnection {
  private readonly socket: Socket;
  private readonly reader = new AnswerReader({
    onHead: (head) => this.onHead(head),
    onBody: (bytes) => this.onBody(bytes),
    onEnd: (trailers) => this.onEnd(trailers),
  });
  private connected = false;
  private ended = false;
  private asker: Asker | null = null;
  private request = "";
  private keepMs = 0;
  private flows = true;
  /** What was last read into, and whether it was lent. */
  private buffer: Buffer = SHARED;
  private lent = false;
  private bulk = false;
  private readonly spare: Buffer[] = [];

  constructor(private readonly options: TargetConnectionOptions) {
    const { ip, port } = options;
    this.socket = connectTo(ip, port, {
      buffer: () => this.nextBuffer(),
      callback: (length, buffer) => this.read(buffer as Buffer, length),
    });
    this.socket.once("connect", () => {
      this.connected = true;
      if (this.asker !== null) this.send();
    });
    // It always closes after an error.
    this.socket.on("error", () => {});
    this.socket.once("end", () => {
      this.ended = true;
      this.guarded(() => this.reader.close());
    });
    this.socket.once("close", () => {
      this.lose();
      options.onClosed(this);
    });
  }

  /** Neither end has closed it. */
  get isOpen(): boolean {
    return !this.ended && !this.socket.destroyed;
  }

  /** @param request its head, whole, in Latin-1 */
  ask(request: string, asker: Asker): void {
    this.asker = asker;
    this.request = request;
    if (this.connected) this.send();
  }

  /** More of the body may come. */
  resume(): void {
    this.flows = true;
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private send(): void {
    this.reader.begin();
    this.asker?.sent();
    // Whoever was told so may want it no more.
    if (!this.socket.destroyed) this.socket.write(this.request, "latin1");
  }

  /** @returns false: nothing more is to be read for now */
  private read(buffer: Buffer, length: number): boolean {
    this.buffer = buffer;
    this.lent = false;
    this.guarded(() => this.reader.take(buffer.subarray(0, length)));
    if (length >= BULK_MIN && this.asker !== null) this.bulk = true;
    return this.flows;
  }

  private nextBuffer(): Buffer {
    if (!this.bulk) return SHARED;
    if (this.buffer !== SHARED && !this.lent) return this.buffer;
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(BULK_BYTES);
  }

  private get listening(): Asker | null {
    return this.socket.destroyed ? null : this.asker;
  }

  private onHead(head: AnswerHead): void {
    this.keepMs = head.keepMs;
    this.listening?.head(head);
  }

  private onBody(bytes: Buffer): void {
    const { buffer, listening: asker } = this;
    if (asker === null) return;
    const isLent = buffer !== SHARED && !this.lent && bytes.length >= LENT_MIN;
    // What had been kept from an earlier read lies elsewhere.
    if (isLent && bytes.buffer === buffer.buffer) {
      this.lent = true;
      this.flows = asker.body(bytes, () => this.takeBack(buffer));
    } else {
      this.flows = asker.body(Buffer.from(bytes), undefined);
    }
  }

  private takeBack(buffer: Buffer): void {
    if (this.bulk && this.spare.length < SPARE_MAX) this.spare.push(buffer);
  }

  private onEnd(trailers: readonly string[]): void {
    const { listening: asker } = this;
    // Whoever has destroyed it in the middle is told when it is closed.
    if (asker === null) return;
    this.asker = null;
    this.flows = true;
    this.bulk = false;
    this.spare.length = 0;
    asker.ended(trailers);
    if (this.keepMs > 0 && this.isOpen) this.options.onIdle(this, this.keepMs);
    else this.destroy();
  }

  private guarded(work: () => void): void {
    try {
      if (!this.socket.destroyed) work();
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      this.lose();
      this.destroy();
    }
  }

  private lose(): void {
    const { asker } = this;
    this.asker = null;
    asker?.lost();
  }
}
