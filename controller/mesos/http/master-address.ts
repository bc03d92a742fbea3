/** Where a master is, as a person writes it and as another master redirects to it. Pure. */

export interface MasterAddress {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Of the scheduler API; a redirect may name another. */
  readonly path: string;
}

export const SCHEDULER_PATH = "/api/v1/scheduler";

/** `host:port` or `[ipv6]:port`. Throws with a sentence on anything else. */
export function parseMasterAddress(text: string): MasterAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new Error(`not the address of a Mesos master, HOST:PORT: "${text}"`);
  }
  return { host, port, path: SCHEDULER_PATH };
}

export function addressText({ host, port }: MasterAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The target of a 307. Mesos leaves out the scheme (`//host:port/master/api/v1/scheduler`).
 * @returns null when the header names no master that can be followed: absent, malformed, or a
 *   scheme other than ours (credentials must not follow a redirect out of TLS)
 */
export function redirectTarget(
  location: string | undefined,
  from: MasterAddress,
  scheme: "http" | "https",
): MasterAddress | null {
  if (location === undefined) return null;
  const base = `${scheme}://${addressText(from)}${from.path}`;
  if (!URL.canParse(location, base)) return null;
  const url = new URL(location, base);
  if (url.protocol !== `${scheme}:` || url.hostname === "") return null;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
  return { host, port, path: url.pathname + url.search };
}
