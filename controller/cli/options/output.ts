/** Machine-readable output. */
import { InvalidArgumentError, Option } from "commander";
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

/** Parser of a commander option: a whole number of at least `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`A whole number of at least ${min} is wanted.`);
    }
    return value;
  };
}
