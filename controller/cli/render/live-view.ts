/** The way to Ready on a terminal: a block of lines that is redrawn in place. */
import { colorsFor } from "../context.ts";
import { elapsedSeconds } from "./units.ts";
import { stepsOf } from "./progress.ts";
import { visibleLength } from "./table.ts";
import type { CliContext, Colors } from "../context.ts";
import type { Step, StepState } from "./progress.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const LABEL_COLUMNS = 22;

export class LiveView {
  readonly #context: CliContext;
  readonly #colors: Colors;
  readonly #startedAt: number;
  #drawnLines = 0;
  #frame = 0;

  constructor(context: CliContext, startedAt: number) {
    this.#context = context;
    this.#colors = colorsFor(context, context.stderr);
    this.#startedAt = startedAt;
  }

  /** Draws over what was drawn before. */
  draw(clusters: readonly JupyterClusterObject[]): void {
    this.#frame = (this.#frame + 1) % FRAMES.length;
    const lines = clusters.flatMap((cluster) => this.#block(cluster));
    const { stderr } = this.#context;
    stderr.write(`${this.#rewind()}${lines.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`);
    this.#drawnLines = lines.length;
  }

  /** Leaves the last block on the screen; what is printed next comes below it. */
  leave(): void {
    this.#drawnLines = 0;
  }

  #rewind(): string {
    return this.#drawnLines === 0 ? "" : `\u001b[${this.#drawnLines}A\r`;
  }

  #block(cluster: JupyterClusterObject): string[] {
    const { bold } = this.#colors;
    const elapsed = elapsedSeconds(this.#context.now() - this.#startedAt).trim();
    const title = `${bold(cluster.metadata.name)} ${cluster.status.phase}, ${elapsed}`;
    return [title, ...stepsOf(cluster).map((step) => this.#line(step))];
  }

  #line({ state, label, detail }: Step): string {
    const { dim, red, bold } = this.#colors;
    const padded = label.padEnd(LABEL_COLUMNS);
    const room = Math.max(0, this.#context.stderr.columns - LABEL_COLUMNS - 5);
    const shown = detail.replaceAll("\n", " ").slice(0, room);
    const text = state === "active" ? bold(padded) : state === "waiting" ? dim(padded) : padded;
    const line = `  ${this.#mark(state)} ${text} ${state === "failed" ? red(shown) : dim(shown)}`;
    return visibleLength(shown) === 0 ? line.trimEnd() : line;
  }

  #mark(state: StepState): string {
    const { green, cyan, red, dim } = this.#colors;
    if (state === "done") return green("✓");
    if (state === "failed") return red("✗");
    return state === "active" ? cyan(FRAMES[this.#frame] as string) : dim("·");
  }
}
