/** `HOST:PORT`, read and written in one way. Pure. */
import { isIPv6 } from "node:net";

export interface HostPort {
  /** IP address or host name; an IPv6 address without brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Says in one sentence what is wrong with the text, without repeating it. */
export class HostPortError extends Error {
  override readonly name = "HostPortError";
}

const PORT_MAX = 65_535;

/**
 * Reads `127.0.0.1:8001`, `mesos.example:5050` or `[::1]:8001`; spaces around it do not count.
 *
 * @throws HostPortError
 */
export function parseHostPort(text: string): HostPort {
  if (isIPv6(text.trim())) throw invalid("an IPv6 address stands in brackets");
  const [, name = "", digits = ""] = /^(\[.*\]|[^:]*)(?::(.*))?$/.exec(text.trim()) ?? [];
  const host = hostOf(name);
  if (digits === "") throw invalid("the port is missing");
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > PORT_MAX) throw invalid(`a port is a number from 1 to ${PORT_MAX}`);
  return { host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPortText({ host, port }: { host: string; port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function hostOf(name: string): string {
  if (name === "") throw invalid("the host is missing");
  if (!name.startsWith("[")) {
    if (!/^[^\s/@?#[\]]+$/.test(name)) throw invalid("that is no host name");
    return name;
  }
  const address = name.slice(1, -1);
  if (!isIPv6(address)) throw invalid("in brackets stands an IPv6 address");
  return address;
}

function invalid(what: string): HostPortError {
  return new HostPortError(`HOST:PORT is wanted, e.g. 127.0.0.1:8001: ${what}.`);
}
