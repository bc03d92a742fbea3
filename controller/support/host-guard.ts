/** Under which names a server of ours may be asked, and by whose pages. */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

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

  /** True: the request may be answered. */
  allows({ headers: { host }, socket }: IncomingMessage): boolean {
    // Browsers always send one.
    if (host === undefined) return true;
    const name = hostName(host);
    return name !== null && this.isOurs(name, socket.localAddress ?? "");
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

/** Without the port and an IPv6 address's brackets; null: no host at all. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d+)?$/i.exec(host);
  return (match?.[1] ?? match?.[2] ?? null)?.toLowerCase().replace(/\.$/, "") ?? null;
}
