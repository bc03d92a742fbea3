/**
 * Regular expressions of a spec, with RE2: they take time in proportion to the text, whatever they
 * say. JavaScript's own engine tries every way to read `(a+)+$` and would hold everything up.
 */
import { RE2JS } from "re2js";

/**
 * Whether the expression matches the whole text.
 *
 * @throws Error what is wrong with the expression
 */
export function matchesWhole(text: string, expression: string): boolean {
  return RE2JS.compile(expression).matches(text);
}

/** What is wrong with it, in few words; null: nothing. */
export function faultOfExpression(expression: string): string | null {
  try {
    RE2JS.compile(expression);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
