/** JSON objects that carry their own checksum, so that a changed bit is never taken for a fact. */
import { createHash } from "node:crypto";

const KEY = "checksum";
/** Also found in the text when the key itself is what was damaged. */
const MARK = "state-sha256:";

/** @param indent spaces a level; 0: one line */
export function sealJson(value: object, indent = 0): string {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  return JSON.stringify({ ...(plain as object), [KEY]: checksumOf(plain) }, null, indent);
}

/**
 * The value without its checksum. What was written before there were checksums is read as it is.
 *
 * @throws Error saying what is wrong
 */
export function unsealJson(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || !Object.hasOwn(parsed, KEY)) {
    if (text.includes(MARK)) throw new Error("its checksum cannot be read");
    return parsed;
  }
  const { [KEY]: checksum, ...value } = parsed as Record<string, unknown>;
  if (checksum !== checksumOf(value)) throw new Error("its checksum is another");
  return value;
}

/** Of the value, not of the text: how it is laid out does not matter. */
function checksumOf(value: unknown): string {
  return MARK + createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
