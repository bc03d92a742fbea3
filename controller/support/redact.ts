/** Takes secrets out of what is logged, by the name of the field and by their shape in text. */

const REDACTED = "[redacted]";
const DEPTH_MAX = 8;
const ITEMS_MAX = 100;

/** `tokenSha256` and the like are no secrets: they are made to be shown. */
const SECRET_FIELD = /^(?!.*sha256).*(token|secret|password|authorization|cookie)/i;
const SECRETS_IN_TEXT = [
  /([?&]token=)[^&\s"'#]+/gi,
  /\b(Bearer\s+)[^\s"',]+/gi,
  /\b(Basic\s+)[A-Za-z0-9+/=]{8,}/g,
  // A password may hold whatever stands in an address too; the last @ ends it.
  /(\b(?:zk|etcds?):\/\/[^:@\n]*:).*(?=@)/gi,
  /(\/\/[^/\s:@]*:)[^/\s:@]+(?=@)/g,
];

/** @returns a copy that is safe to log; errors become plain objects with their causes */
export function redactFields(fields: object): Record<string, unknown> {
  return redactRecord(fields, 0);
}

export function redactText(text: string): string {
  return SECRETS_IN_TEXT.reduce((all, pattern) => all.replace(pattern, `$1${REDACTED}`), text);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return "[deeper]";
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Set) return redactItems([...value], depth);
  if (Array.isArray(value)) return redactItems(value, depth);
  return redactRecord(value, depth);
}

function redactItems(items: readonly unknown[], depth: number): unknown[] {
  const shown = items.slice(0, ITEMS_MAX).map((item) => redactValue(item, depth + 1));
  return items.length > ITEMS_MAX ? [...shown, `[${items.length - ITEMS_MAX} more]`] : shown;
}

function redactRecord(record: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(record).map(([name, value]: [string, unknown]) => {
    const hidden = SECRET_FIELD.test(name) && value != null && typeof value !== "boolean";
    return [name, hidden ? REDACTED : redactValue(value, depth + 1)] as const;
  });
  return Object.fromEntries(entries);
}

/** The stack tells where a bug is; an operating error has none, so its stack would be noise. */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const { cause, stack, ...own } = error as Error & Record<string, unknown>;
  const operating = typeof own["code"] === "string";
  return {
    type: error.name,
    message: redactText(error.message),
    ...redactRecord(own, depth),
    ...(operating || stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth + 1) }),
  };
}
