import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether an `Authorization` header bears the token whose SHA-256 is known. The comparison takes
 * the same time wherever the first difference is.
 *
 * @param tokenSha256 lower-case hex
 */
export function isAuthorized(header: string | undefined, tokenSha256: string): boolean {
  const token = /^Bearer ([\x21-\x7e]+)$/i.exec(header ?? "")?.[1];
  if (token === undefined) return false;
  const given = createHash("sha256").update(token).digest();
  return timingSafeEqual(given, Buffer.from(tokenSha256, "hex"));
}
