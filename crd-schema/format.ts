/** Problems as text: `file:line:column: error: field: message`, as compilers write them. */
import type { Problem } from "./spec.ts";

export interface FormatOptions {
  /** Text of a file, for the excerpt; undefined: no excerpt. Not called without `excerpt`. */
  readonly textOf?: (file: string) => string | undefined;
  /** Show the line and a caret below the place. */
  readonly excerpt?: boolean;
  /** Paints a part; the identity without colours. */
  readonly paint?: Paint;
}

export type Paint = (style: "bold" | "error" | "warning" | "dim", text: string) => string;

/** One line a problem (with an excerpt: up to three), each ended by a newline. */
export function formatProblems(problems: readonly Problem[], options: FormatOptions = {}): string {
  return problems.map((problem) => `${formatProblem(problem, options)}\n`).join("");
}

export function formatProblem(problem: Problem, options: FormatOptions = {}): string {
  const paint: Paint = options.paint ?? ((_, text) => text);
  const place = placeOf(problem);
  const field = problem.field === "" ? "" : ` ${problem.field}:`;
  const severity = paint(problem.severity, `${problem.severity}:`);
  const head = `${paint("bold", `${place}:`)} ${severity}${field} ${problem.message}`;
  const excerpt = options.excerpt === true ? excerptOf(problem, options) : null;
  if (excerpt === null) return head;
  const gutter = paint("dim", GUTTER);
  const caret = paint(problem.severity, "^");
  return `${head}\n${gutter}${excerpt.line}\n${gutter}${excerpt.pad}${caret}`;
}

const GUTTER = "  | ";
/** Of a line that is longer than a terminal, the part around the place is shown. */
const SHOWN_MAX = 100;

function placeOf({ file, line, column }: Problem): string {
  return [file, line, column].filter((part) => part !== null).join(":");
}

function excerptOf(problem: Problem, options: FormatOptions): { line: string; pad: string } | null {
  const { line, column } = problem;
  if (line === null || column === null) return null;
  const text = options.textOf?.(problem.file)?.replace(/^\uFEFF/, "");
  const whole = text?.split("\n")[line - 1]?.replace(/\r$/, "");
  if (whole === undefined || secret(problem, whole)) return null;
  const start = Math.max(0, column - 1 - SHOWN_MAX / 2);
  const shown = visible(whole.slice(start, start + SHOWN_MAX));
  return { line: shown, pad: visible(whole.slice(start, column - 1)).replaceAll(/[^\t]/g, " ") };
}

/** What stands in the place of a public key may be a private one. */
function secret(problem: Problem, line: string): boolean {
  return problem.field.includes("authorizedKeys") || line.includes("PRIVATE KEY");
}

/** Control characters would act on the terminal, all but the tab. */
function visible(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t]/gu, "\uFFFD");
}
