/** Where a master is, by itself and as another master redirects to it. Pure. */
import { type HostPort, hostPortText } from "../../support/host-port.ts";

export interface MasterAddress extends HostPort {
  /** Of the scheduler API; a redirect may name another. */
  readonly path: string;
}

export const SCHEDULER_PATH = "/api/v1/scheduler";

export function addressText(address: MasterAddress): string {
  return hostPortText(address);
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
