/** Problems of spec files on stderr: on a terminal in colours and with the line that is meant. */
import { readFileSync } from "node:fs";
import { colorsFor } from "../context.ts";
import { formatProblems } from "../../../crd-schema/format.ts";
import type { CliContext } from "../context.ts";
import type { Paint } from "../../../crd-schema/format.ts";
import type { Problem } from "../../../crd-schema/spec.ts";

/** @param textOf the text of a file, for the excerpt; left out: it is read */
export function tellProblems(
  context: CliContext,
  problems: readonly Problem[],
  textOf: (file: string) => string | undefined = sourceText,
): void {
  const excerpt = context.stderr.isTTY;
  context.stderr.write(formatProblems(problems, { excerpt, textOf, paint: paintFor(context) }));
}

/** For the excerpt only: a file that cannot be read any more has none. */
export function sourceText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function paintFor(context: CliContext): Paint {
  const colors = colorsFor(context, context.stderr);
  return (style, text) => {
    switch (style) {
      case "bold":
        return colors.bold(text);
      case "error":
        return colors.red(text);
      case "warning":
        return colors.yellow(text);
      case "dim":
        return colors.dim(text);
    }
  };
}
