/**
 * What happened, as one running hash (64 bits) and, where somebody wants to read it, as lines.
 * Two runs of one seed are the same run exactly when their hashes are equal.
 */
import { finalize } from "./hash.ts";

type TracePart = string | number | boolean | null;

export class Trace {
  /** Virtual milliseconds since the epoch; the scheduler sets it. */
  now = 0;
  private low = 0x811c9dc5;
  private high = 0x9e3779b1;
  private lines: string[] = [];
  private count = 0;

  /** @param linesKept how many of the last lines stay readable */
  constructor(private readonly linesKept = 0) {}

  /** One line. The hash takes the parts as they are, so an unread line costs no text. */
  add(...parts: readonly TracePart[]): void {
    this.count += 1;
    this.mixNumber(this.now);
    for (const part of parts) {
      if (typeof part === "number") this.mixNumber(part);
      else this.mixText(typeof part === "string" ? part : String(part));
    }
    if (this.linesKept > 0) this.keep(parts);
  }

  /** Into the hash only: too frequent to be read. */
  mixNumber(value: number): void {
    this.mix(value | 0);
    this.mix(Math.floor(value / 2 ** 32) | 0);
  }

  hash(): string {
    const hex = (value: number) => finalize(value).toString(16).padStart(8, "0");
    return hex(this.high) + hex(this.low);
  }

  /** Lines so far, the forgotten included. */
  get length(): number {
    return this.count;
  }

  /** The last lines, oldest first. */
  tail(): readonly string[] {
    return this.lines.slice(-this.linesKept);
  }

  private mixText(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
    this.mix(-text.length);
  }

  private mix(value: number): void {
    this.low = Math.imul(this.low ^ value, 0x01000193);
    this.high = Math.imul(this.high ^ value ^ (this.low >>> 15), 0x85ebca6b);
  }

  private keep(parts: readonly TracePart[]): void {
    this.lines.push(`${new Date(this.now).toISOString().slice(11, 23)} ${parts.join(" ")}`);
    // Cut seldom, so that keeping a line costs no copying of all the others.
    if (this.lines.length > 2 * this.linesKept) this.lines = this.tail().slice();
  }
}
