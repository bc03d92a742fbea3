/** Who may ask: only under names that are ours, and some things only with the control token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { StatusError } from "./status-error.ts";

/**
 * Against DNS rebinding: a foreign page that made its own name point to this machine may read the
 * answers of a server that does not look at the name it was asked under.
 *
 * Allowed are loopback's names and addresses, the address at which the request arrived, and the
 * names given to the constructor.
 */
export class HostGuard {
  private readonly names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.names = new Set(names.filter((name) => !WILDCARDS.has(name)).map(lowerCase));
  }

  /** @throws StatusError Forbidden */
  check(request: IncomingMessage): void {
    const { host } = request.headers;
    // Browsers always send one.
    if (host === undefined) return;
    const name = hostName(host);
    if (name !== null && this.isOurs(name, request.socket.localAddress ?? "")) return;
    const message = `This controller does not answer under the name ${JSON.stringify(host)}.`;
    throw new StatusError("Forbidden", message);
  }

  private isOurs(name: string, localAddress: string): boolean {
    if (name === "localhost" || name.endsWith(".localhost")) return true;
    if (this.names.has(name)) return true;
    if (isIP(name) === 0) return false;
    return (
      name === "::1" || name.startsWith("127.") || name === localAddress.replace("::ffff:", "")
    );
  }
}

/** Addresses to listen on, not to be asked under. */
const WILDCARDS = new Set(["0.0.0.0", "::"]);

function lowerCase(text: string): string {
  return text.toLowerCase();
}

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
    throw new StatusError("Unauthorized", message, { "WWW-Authenticate": "Bearer" });
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Without the port and an IPv6 address's brackets; null: no host at all. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d+)?$/i.exec(host);
  return (match?.[1] ?? match?.[2] ?? null)?.toLowerCase().replace(/\.$/, "") ?? null;
}
