/** Where the state is, as a person says it on the command line. Pure. */
import { type HostPort, HostPortError, hostPortText, parseHostPort } from "../support/host-port.ts";

/** The state directory of this host, `--state-dir`. */
export interface DirectoryTarget {
  readonly kind: "directory";
}

/** An etcd of the site. */
export interface EtcdTarget {
  readonly kind: "etcd";
  readonly servers: readonly HostPort[];
  /** Before every key, e.g. `/jupyter-cluster`; no slash at its end. */
  readonly prefix: string;
  readonly auth: EtcdAuth | null;
  /** Null: without TLS. */
  readonly tls: StoreTls | null;
}

export interface EtcdAuth {
  readonly user: string;
  readonly password: string;
}

/** PEM texts. */
export interface StoreTls {
  /** Authorities of the servers' certificates; null: those that this program trusts anyway. */
  readonly authority: string | null;
  /** What we prove ourselves with; null: nothing. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
}

export type StateTarget = DirectoryTarget | EtcdTarget;

/** Says in sentences where the text is wrong, what stands there, and what is allowed. */
export class StateTargetError extends Error {
  override readonly name = "StateTargetError";
}

/** Where etcd listens unless it is told otherwise. */
const ETCD_PORT = 2379;
const PREFIX_LENGTH_MAX = 200;
const ALLOWED =
  "Allowed: directory (the one of --state-dir); etcd://HOST[:PORT][,HOST[:PORT]…]/PREFIX, with " +
  "etcds:// over TLS, where USER:PASSWORD and an at sign may stand before the first HOST.";

/**
 * Reads `directory` or `etcd[s]://[user:password@]host[:port][,host[:port]…]/prefix`.
 *
 * @throws StateTargetError, without the password in it
 */
export function parseStateTarget(text: string): StateTarget {
  const trimmed = text.trim();
  if (trimmed === "directory") return { kind: "directory" };
  const [, secure, rest] = /^etcd(s?):\/\/(.*)$/is.exec(trimmed) ?? [];
  if (rest === undefined) throw invalid("It begins with neither etcd:// nor etcds://.");
  // A password may hold whatever stands in an address too; the last @ ends it.
  const at = rest.lastIndexOf("@");
  const slash = rest.indexOf("/", at + 1);
  const path = slash === -1 ? "" : rest.slice(slash);
  return {
    kind: "etcd",
    servers: serversOf(rest.slice(at + 1, slash === -1 ? undefined : slash)),
    prefix: prefixOf(path),
    auth: at === -1 ? null : authOf(rest.slice(0, at)),
    tls: secure === "" ? null : { authority: null, client: null },
  };
}

/** As {@link parseStateTarget} takes it, without the secrets. */
export function stateTargetText({ servers, prefix, tls }: EtcdTarget): string {
  const scheme = tls === null ? "etcd" : "etcds";
  return `${scheme}://${servers.map(hostPortText).join(",")}${prefix}`;
}

function prefixOf(path: string): string {
  const prefix = path.replace(/\/+$/, "");
  const isFit = /^(\/[A-Za-z0-9._-]+)+$/.test(prefix) && prefix.length <= PREFIX_LENGTH_MAX;
  if (isFit) return prefix;
  const found = prefix === "" ? "is missing" : `is ${JSON.stringify(path)}`;
  throw invalid(
    `The prefix of our keys, e.g. /jupyter-cluster, ${found}; it has letters, digits and . _ - only.`,
  );
}

function authOf(text: string): EtcdAuth {
  const [, user, password] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (user === undefined || password === undefined) {
    throw invalid("Before the @ stands USER:PASSWORD.");
  }
  return { user, password };
}

function serversOf(text: string): readonly HostPort[] {
  const entries = text.split(",").map((entry) => entry.trim());
  const seen = new Set<string>();
  return entries.map((entry, i) => {
    const which = entries.length === 1 ? "The server" : `The server ${i + 1} of ${entries.length}`;
    const place = `${which}, ${JSON.stringify(entry)}`;
    const server = serverOf(entry, place);
    const canonical = hostPortText(server).toLowerCase();
    if (seen.has(canonical)) throw invalid(`${place}, is named twice.`);
    seen.add(canonical);
    return server;
  });
}

function serverOf(entry: string, place: string): HostPort {
  const hasPort = !/^([^:[\]]+|\[[^\]]*\])$/.test(entry);
  try {
    return parseHostPort(hasPort ? entry : `${entry}:${ETCD_PORT}`);
  } catch (error) {
    if (!(error instanceof HostPortError)) throw error;
    throw invalid(`${place}: ${error.message}`);
  }
}

function invalid(what: string): StateTargetError {
  return new StateTargetError(`${what} ${ALLOWED}`);
}
