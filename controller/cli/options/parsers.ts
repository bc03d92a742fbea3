/**
 * Parsers of options and arguments: a text becomes its type here, or the usage is wrong (exit 2).
 */
import { isIPv4 } from "node:net";
import { constants } from "node:os";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { slotOfMemberName } from "../../model/ids.ts";
import {
  type HostPort,
  HostPortError,
  hostPortText,
  parseHostPort,
} from "../../support/host-port.ts";
import type { Since } from "../client/log-query.ts";
import type { NodeAddress } from "../client/node-lookup.ts";

/** `127.0.0.1:8001`, `[::1]:8001`, also with `http://` before it. */
export function hostPort(text: string): HostPort {
  try {
    return parseHostPort(text.replace(/^http:\/\/([^/]*)\/?$/i, "$1"));
  } catch (error) {
    if (error instanceof HostPortError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** As {@link hostPort}, with an IPv4 address: the embedded master puts it into every answer. */
export function ipv4Port(text: string): HostPort {
  const address = hostPort(text);
  if (!isIPv4(address.host)) {
    throw new InvalidArgumentError("An IPv4 address and port is wanted, e.g. 127.0.0.1:5050.");
  }
  return address;
}

/**
 * `http://host:port`, perhaps with a path where something before the controller wants one; or the
 * address alone, as the verbs that run a controller take it.
 *
 * @returns without a slash at its end
 */
export function httpUrl(text: string): string {
  if (!text.includes("/")) return `http://${hostPortText(hostPort(text))}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError("A URL is wanted, e.g. http://127.0.0.1:8001.");
  }
  return url.href.replace(/\/+$/, "");
}

/** Collects repeated options: commander hands in what was read before. */
export function absoluteDirectory(
  text: string,
  before: readonly string[] | undefined,
): readonly string[] {
  if (text !== "/" && resolve(text) === text) return [...(before ?? []), text];
  throw new InvalidArgumentError("An absolute directory is wanted, e.g. /srv/data.");
}

/** A whole number of at least `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`A whole number of at least ${min} is wanted.`);
    }
    return value;
  };
}

/** `SIGTERM`, `term` or `15`. */
export function signalName(text: string): NodeJS.Signals {
  const upper = text.toUpperCase();
  const name = upper.startsWith("SIG") ? upper : `SIG${upper}`;
  const found = Object.entries(constants.signals).find(
    ([candidate, number]) => candidate === name || String(number) === text,
  );
  if (found !== undefined) return found[0] as NodeJS.Signals;
  throw new InvalidArgumentError("A signal's name or number is wanted, e.g. SIGTERM or 15.");
}

/** XXX-k, or slot-N. */
export function nodeAddress(text: string): NodeAddress {
  const slot = slotOfMemberName(text);
  if (slot !== null) return { kind: "slot", text, slot };
  const cluster = /^(.+)-\d+$/.exec(text)?.[1];
  if (cluster !== undefined) return { kind: "name", text, cluster };
  throw new InvalidArgumentError("A node is called NAME-0, NAME-1, … or slot-0, slot-1, …");
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `30s`, `10m`, `2h`, `1d`, or a time as in RFC 3339. */
export function since(text: string): Since {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && Number(count) > 0) {
    return { sinceSeconds: Number(count) * SECONDS[unit as keyof typeof SECONDS] };
  }
  if (/^\d{4}-\d\d-\d\dT/.test(text) && Number.isFinite(Date.parse(text))) {
    return { sinceTime: new Date(text).toISOString() };
  }
  throw new InvalidArgumentError("Wanted is 30s, 10m, 2h, 1d, or a time as 2026-01-02T03:04:05Z.");
}
