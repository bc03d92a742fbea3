/** `HOST:PORT` options. */
import { isIPv4 } from "node:net";
import { InvalidArgumentError } from "commander";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Parser of a commander option: `127.0.0.1:8001`, `[::1]:8001`, also with `http://` before it. */
export function hostPort(text: string): HostPort {
  const url = `http://${text.replace(/^http:\/\//, "")}`;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const port = /:(\d+)\/?$/.exec(url)?.[1];
  if (parsed === null || port === undefined || parsed.pathname !== "/" || Number(port) === 0) {
    throw new InvalidArgumentError("HOST:PORT is wanted, e.g. 127.0.0.1:8001.");
  }
  return { host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

/** As {@link hostPort}, with an IPv4 address: the embedded master puts it into every answer. */
export function ipv4Port(text: string): HostPort {
  const address = hostPort(text);
  if (!isIPv4(address.host)) {
    throw new InvalidArgumentError("An IPv4 address and port is wanted, e.g. 127.0.0.1:5050.");
  }
  return address;
}

export function formatHostPort({ host, port }: HostPort): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
