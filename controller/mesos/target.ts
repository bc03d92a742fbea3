/** Where Mesos is, as a person says it on the command line and as it is kept on disk. Pure. */
import { type HostPort, HostPortError, hostPortText, parseHostPort } from "../support/host-port.ts";
import { addressText, type MasterPlace, placeOfSocket } from "./http/master-address.ts";
import type { TransportOptions } from "./http/transport.ts";

/** The embedded master, in this process. */
export interface LocalTarget {
  readonly kind: "local";
}

/** Masters by name; each of them redirects to the one that leads. */
export interface MastersTarget extends TransportOptions {
  readonly kind: "masters";
  readonly addresses: readonly MasterPlace[];
}

/** The leading master is the one that ZooKeeper says. */
export interface ZooKeeperTarget extends TransportOptions {
  readonly kind: "zookeeper";
  readonly servers: readonly HostPort[];
  /** Of the masters' election, e.g. `/mesos`. */
  readonly path: string;
  readonly auth: { readonly user: string; readonly password: string } | null;
}

export type MesosTarget = LocalTarget | MastersTarget | ZooKeeperTarget;

/** Says in sentences where the text is wrong, what stands there, and what is allowed. */
export class MesosTargetError extends Error {
  override readonly name = "MesosTargetError";
}

/** Where ZooKeeper listens unless it is told otherwise. */
const ZOOKEEPER_PORT = 2181;

const ALLOWED =
  "Allowed: local; HOST:PORT[,HOST:PORT…], also with http:// or https:// before it; " +
  "unix:/SOCKET of an embedded master; zk://HOST[:PORT][,HOST[:PORT]…]/PATH, where " +
  "USER:PASSWORD and an at sign may stand before the first HOST.";

/**
 * Reads `local`, `[http://|https://]host:port[,host:port…]`, `unix:/socket` or
 * `zk://[user:password@]host[:port][,host[:port]…]/path`, the forms that Mesos's own programs take.
 *
 * @throws MesosTargetError
 */
export function parseMesosTarget(text: string): MesosTarget {
  const trimmed = text.trim();
  if (trimmed === "") throw invalid("It is empty.");
  if (trimmed === "local") return { kind: "local" };
  const socket = /^unix:(?:\/\/(?=\/))?(.*)$/is.exec(trimmed)?.[1];
  if (socket !== undefined) return socketOf(socket);
  const zooKeeper = /^zk:\/\/(.*)$/is.exec(trimmed)?.[1];
  return zooKeeper === undefined ? mastersOf(trimmed) : zooKeeperOf(zooKeeper);
}

/** How the masters are spoken to. */
export function transportOf({ tls, credentials }: TransportOptions): TransportOptions {
  return {
    ...(tls === undefined ? {} : { tls }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

/** As {@link parseMesosTarget} takes it, without the secrets. */
export function targetText(target: MesosTarget): string {
  switch (target.kind) {
    case "local":
      return "local";
    case "masters": {
      const scheme = target.tls === undefined ? "" : "https://";
      return `${scheme}${target.addresses.map(addressText).join(",")}`;
    }
    case "zookeeper":
      return `zk://${target.servers.map(hostPortText).join(",")}${target.path}`;
  }
}

function socketOf(path: string): MastersTarget {
  if (!/^\/[^\0]*[^\0/]$/.test(path)) {
    throw invalid(`After unix: stands the socket's absolute path, not ${JSON.stringify(path)}.`);
  }
  return { kind: "masters", addresses: [placeOfSocket(path)] };
}

function mastersOf(text: string): MastersTarget {
  const schemes = new Set<string>();
  const addresses = addressesOf(text, "master", (entry, place) => {
    const [, scheme, rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(entry) ?? [];
    const lower = scheme?.toLowerCase();
    if (lower !== undefined && lower !== "http" && lower !== "https") {
      throw invalid(`${place}: masters speak http:// or https://, not ${scheme}://.`);
    }
    // One without a scheme speaks as the one before it.
    schemes.add(lower ?? [...schemes].at(-1) ?? "http");
    return rest.replace(/\/$/, "");
  });
  if (schemes.size > 1) throw invalid("Some masters are http:// and some https://.");
  return { kind: "masters", addresses, ...(schemes.has("https") ? { tls: {} } : {}) };
}

function zooKeeperOf(text: string): ZooKeeperTarget {
  const at = text.lastIndexOf("@");
  const slash = text.indexOf("/", at + 1);
  const servers = text.slice(at + 1, slash === -1 ? undefined : slash);
  const path = slash === -1 ? "" : text.slice(slash);
  if (!/^(\/[^\s/]+)+$/.test(path)) {
    const found = path === "" ? "is missing" : `is ${JSON.stringify(path)}`;
    throw invalid(`The path of the masters in ZooKeeper, e.g. /mesos, ${found}.`);
  }
  return {
    kind: "zookeeper",
    servers: addressesOf(servers, "ZooKeeper server", withZooKeeperPort),
    path,
    auth: at === -1 ? null : authOf(text.slice(0, at)),
  };
}

function withZooKeeperPort(server: string): string {
  return /^([^:[\]]+|\[[^\]]*\])$/.test(server) ? `${server}:${ZOOKEEPER_PORT}` : server;
}

function authOf(text: string): ZooKeeperTarget["auth"] {
  const [, user, password] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (user === undefined || password === undefined) {
    throw invalid("Before the @ stands USER:PASSWORD.");
  }
  return { user, password };
}

/** @param bare takes from an entry what is not of its address */
function addressesOf(
  text: string,
  what: string,
  bare: (entry: string, place: string) => string,
): readonly HostPort[] {
  const entries = text.split(",").map((entry) => entry.trim());
  const seen = new Set<string>();
  return entries.map((entry, i) => {
    const which = `The ${what}${entries.length === 1 ? "" : ` ${i + 1} of ${entries.length}`}`;
    if (entry === "") throw invalid(`${which} is empty.`);
    if (entry.includes("@")) {
      throw invalid(`${which} has an @: credentials are given with --mesos-credential-file.`);
    }
    const place = `${which}, ${JSON.stringify(entry)}`;
    const address = addressOf(bare(entry, place), place);
    const canonical = hostPortText(address).toLowerCase();
    if (seen.has(canonical)) throw invalid(`${place}, is named twice.`);
    seen.add(canonical);
    return address;
  });
}

function addressOf(text: string, place: string): HostPort {
  if (text.includes("/")) {
    throw invalid(
      `${place}: no HOST:PORT has a slash (a scheme ends in ://, and no path follows).`,
    );
  }
  try {
    return parseHostPort(text);
  } catch (error) {
    if (!(error instanceof HostPortError)) throw error;
    throw invalid(`${place}: ${error.message}`);
  }
}

function invalid(what: string): MesosTargetError {
  return new MesosTargetError(`${what} ${ALLOWED}`);
}
