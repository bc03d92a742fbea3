/** Names of others as file names: any text, no path, never hidden, never too long. */
import { createHash } from "node:crypto";

/** File systems allow 255 bytes, and temporary files append to the name. */
const NAME_LENGTH_MAX = 180;

/** Different names stay different; those of ours stay as they are. */
export function fileNameOf(name: string): string {
  const encoded = encodeURIComponent(name).replace(/[!'()*~]|^\./g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  if (encoded !== "" && encoded.length <= NAME_LENGTH_MAX) return encoded;
  const hash = createHash("sha256").update(name).digest("hex");
  return `${encoded.slice(0, NAME_LENGTH_MAX - hash.length - 1)}=${hash}`;
}
