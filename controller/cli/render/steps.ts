/** The steps before there is a cluster to show: a line each, with the seconds since the start. */
import { colorsFor } from "../context.ts";
import { elapsedSeconds } from "./units.ts";
import type { CliContext, Colors } from "../context.ts";

export class Steps {
  readonly #context: CliContext;
  readonly #colors: Colors;
  readonly startedAt: number;
  #transient = false;

  constructor(context: CliContext) {
    this.#context = context;
    this.#colors = colorsFor(context, context.stderr);
    this.startedAt = context.now();
  }

  done(text: string): void {
    this.#line(`${this.#colors.green("✓")} ${text}`);
  }

  /** What a long step is doing now. On a terminal each replaces the one before. */
  detail(text: string): void {
    const { stderr } = this.#context;
    const oneLine = text.replaceAll(/[\r\n]+/g, " ").trim();
    if (oneLine === "") return;
    if (!stderr.isTTY) {
      stderr.write(`            ${oneLine}\n`);
      return;
    }
    const shown = oneLine.slice(0, Math.max(0, stderr.columns - 13));
    stderr.write(`\r            ${this.#colors.dim(shown)}\u001b[K`);
    this.#transient = true;
  }

  #line(text: string): void {
    const elapsed = elapsedSeconds(this.#context.now() - this.startedAt);
    const clear = this.#transient ? "\r\u001b[K" : "";
    this.#transient = false;
    this.#context.stderr.write(`${clear}[${elapsed}] ${text}\n`);
  }
}
