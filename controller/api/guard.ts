/** Who may ask for what needs the control token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { StatusError } from "./status-error.ts";

/** Compares in constant time. The token never leaves this class. */
export class TokenGuard {
  private readonly expected: Buffer;

  constructor(token: string) {
    if (token.length < 16) throw new Error("the control token is too short to be one");
    this.expected = sha256(token);
  }

  /** @throws StatusError Unauthorized */
  check(request: IncomingMessage): void {
    const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (given !== undefined && timingSafeEqual(sha256(given), this.expected)) return;
    const message =
      given === undefined ? "This needs the control token." : "The control token is a wrong one.";
    throw new StatusError("Unauthorized", message, { headers: { "WWW-Authenticate": "Bearer" } });
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
