/** Machine-readable output. */
import { Option } from "commander";
import { stringify } from "yaml";

export type StructuredFormat = "json" | "yaml";

/** Ends with a newline. */
export function formatObject(value: unknown, format: StructuredFormat): string {
  return format === "json" ? `${JSON.stringify(value, null, 2)}\n` : stringify(value);
}

export function outputOption<T extends string>(choices: readonly T[]): Option {
  return new Option("-o, --output <format>", `how to print: ${choices.join(", ")}`).choices(
    choices,
  );
}
