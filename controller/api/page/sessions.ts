/**
 * Who has logged in to the page. A browser sends cookies to every port of a host, so a cookie alone
 * would be known to whatever else listens there; a key that only scripts of this origin can read goes
 * with it, and neither is worth anything without the other.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../model/ports.ts";

const SECRET_BYTES = 32;
/** For a person who comes back to his terminal after lunch, and not after the weekend. Milliseconds. */
const LOGIN_MS_MAX = 12 * 3600_000;
const IDLE_MS_MAX = 12 * 3600_000;
const SESSION_MS_MAX = 7 * 24 * 3600_000;
/** The oldest goes for a new one. */
const LOGINS_MAX = 64;
const SESSIONS_MAX = 256;

interface Session {
  readonly key: Buffer;
  readonly endsAt: number;
  usedAt: number;
}

export interface NewSession {
  /** For the cookie. */
  readonly id: string;
  /** For the page's own storage. */
  readonly key: string;
  /** Milliseconds since the epoch: the latest time at which it ends. */
  readonly endsAt: number;
}

export class Sessions {
  /** By hashes, so that comparing them tells nobody how much of a guess is right. */
  private readonly logins = new Map<string, number>();
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly clock: Pick<Clock, "now">) {}

  /** A token that logs in once. */
  newLogin(): { readonly token: string; readonly endsAt: number } {
    const token = secret();
    const endsAt = this.clock.now() + LOGIN_MS_MAX;
    makeRoom(this.logins, LOGINS_MAX);
    this.logins.set(hashed(token).toString("hex"), endsAt);
    return { token, endsAt };
  }

  /** False: there is no such login, it was used, or its time is up. */
  useLogin(token: string): boolean {
    const name = hashed(token).toString("hex");
    const endsAt = this.logins.get(name);
    this.logins.delete(name);
    return endsAt !== undefined && this.clock.now() < endsAt;
  }

  begin(): NewSession {
    const [id, key] = [secret(), secret()];
    const usedAt = this.clock.now();
    const endsAt = usedAt + SESSION_MS_MAX;
    makeRoom(this.sessions, SESSIONS_MAX);
    this.sessions.set(hashed(id).toString("hex"), { key: hashed(key), endsAt, usedAt });
    return { id, key, endsAt };
  }

  /** Whether both belong to one session that goes on; it is used with this. */
  isValid(id: string, key: string): boolean {
    const name = hashed(id).toString("hex");
    const session = this.sessions.get(name);
    if (session === undefined) return false;
    const now = this.clock.now();
    if (now >= session.endsAt || now - session.usedAt >= IDLE_MS_MAX) {
      this.sessions.delete(name);
      return false;
    }
    if (!timingSafeEqual(session.key, hashed(key))) return false;
    session.usedAt = now;
    return true;
  }

  end(id: string): void {
    this.sessions.delete(hashed(id).toString("hex"));
  }
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

function hashed(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function makeRoom(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
}
