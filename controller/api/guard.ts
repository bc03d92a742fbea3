/** Who may ask for what needs the control token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { sessionCredential } from "./page/session-credential.ts";
import type { Sessions } from "./page/sessions.ts";
import { StatusError } from "./status-error.ts";

/** Compares in constant time. The token never leaves this class. */
export class TokenGuard {
  private readonly expected: Buffer;

  /** @param sessions of pages that have logged in */
  constructor(
    token: string,
    private readonly sessions: Pick<Sessions, "isValid">,
  ) {
    if (token.length < 16) throw new Error("the control token is too short to be one");
    this.expected = sha256(token);
  }

  /** @throws StatusError Unauthorized */
  check(request: IncomingMessage): void {
    const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (given !== undefined && this.isToken(given)) return;
    if (given === undefined && this.isLoggedIn(request)) return;
    const message =
      given === undefined ? "This needs the control token." : "The control token is a wrong one.";
    throw new StatusError("Unauthorized", message, { headers: { "WWW-Authenticate": "Bearer" } });
  }

  isToken(text: string): boolean {
    return timingSafeEqual(sha256(text), this.expected);
  }

  /** With a session of the page. */
  isLoggedIn(request: IncomingMessage): boolean {
    const session = sessionCredential(request);
    return session !== null && this.sessions.isValid(session.id, session.key);
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
