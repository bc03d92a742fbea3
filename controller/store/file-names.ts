/** Names of others as file names: any text, no path, never hidden, never too long. */
import { createHash } from "node:crypto";

/** File systems allow 255 bytes, and temporary files append to the name. */
const NAME_LENGTH_MAX = 180;

/** Different names stay different; those of ours stay as they are. */
export function fileNameOf(name: string): string {
  const encoded = wellFormed(name).replace(/[!'()*~]|^\./g, hexOf);
  if (encoded !== "" && encoded.length <= NAME_LENGTH_MAX) return encoded;
  const hash = createHash("sha256")
    .update(LONE.test(name) ? encoded : name)
    .digest("hex");
  const head = encoded.slice(0, NAME_LENGTH_MAX - hash.length - 1);
  return `${head}=${hash}`;
}

/** Half of a pair of UTF-16 units: JSON may hold it, and no encoding of text can. */
const LONE = /\p{Surrogate}/u;

function wellFormed(name: string): string {
  if (!LONE.test(name)) return encodeURIComponent(name);
  const parts = Array.from(name, (char) =>
    LONE.test(char) ? `%u${hexOf(char)}` : encodeURIComponent(char),
  );
  return parts.join("");
}

function hexOf(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}
