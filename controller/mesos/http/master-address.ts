/** Where a master is, by itself and as another master redirects to it. Pure. */
import { type HostPort, hostPortText } from "../../support/host-port.ts";

/** A master on TCP, or one whose Unix socket is reached under a name that only says so. */
export interface MasterPlace extends HostPort {
  readonly socketPath?: string;
}

/** Whoever listens on a Unix socket is asked under this name, which no server of TCP has. */
export function placeOfSocket(socketPath: string): MasterPlace {
  return { host: "localhost", port: 80, socketPath };
}

export interface MasterAddress extends MasterPlace {
  /** Of the scheduler API; a redirect may name another. */
  readonly path: string;
}

export const SCHEDULER_PATH = "/api/v1/scheduler";

export function addressText(address: MasterPlace): string {
  return address.socketPath === undefined ? hostPortText(address) : `unix:${address.socketPath}`;
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
  const base = `${scheme}://${hostPortText(from)}${from.path}`;
  if (!URL.canParse(location, base)) return null;
  const url = new URL(location, base);
  if (url.protocol !== `${scheme}:` || url.hostname === "") return null;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
  return { host, port, path: url.pathname + url.search };
}
