/** What the YAML library says, with what most likely happened and what to do about it. */

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "Indent with blanks: YAML does not allow tabs for it.",
  BLOCK_AS_IMPLICIT_KEY:
    "Either this line is indented too far, or a value that contains `: ` must be put in quotes.",
  MULTILINE_IMPLICIT_KEY:
    "A line has no `field: value` form (a colon with a blank after it), or is indented wrongly.",
  BAD_INDENT: "Fields of one mapping begin in the same column.",
  MISSING_CHAR: "A quote or bracket is opened and not closed, or a colon is missing.",
  DUPLICATE_KEY: "This field is given twice in the same mapping: remove one of the two.",
  TAG_RESOLVE_FAILED: "Tags (`!name`) are not allowed in a spec: remove it.",
  BAD_ALIAS: "An alias (`*name`) needs its anchor (`&name`) before it.",
  UNEXPECTED_TOKEN: "Something stands here that does not belong to the line before it.",
};

/** Where the library speaks of its grammar, the hint alone says more. */
const HINT_ONLY = new Set([
  "BLOCK_AS_IMPLICIT_KEY",
  "DUPLICATE_KEY",
  "MULTILINE_IMPLICIT_KEY",
  "TAB_AS_INDENT",
]);

/** @param code of the yaml library's YAMLParseError or YAMLWarning */
export function syntaxMessage(code: string, message: string): string {
  const said = message.endsWith(".") ? message : `${message}.`;
  const hint = HINTS[code];
  if (hint === undefined) return said;
  return HINT_ONLY.has(code) ? hint : `${said} ${hint}`;
}
