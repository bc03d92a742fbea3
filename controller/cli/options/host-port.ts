/** `HOST:PORT` options. */
import { isIPv4 } from "node:net";
import { InvalidArgumentError } from "commander";
import { messageOf } from "../model/errors.ts";
import { type HostPort, parseHostPort } from "../support/host-port.ts";

/** Parser of a commander option: `127.0.0.1:8001`, `[::1]:8001`, also with `http://` before it. */
export function hostPort(text: string): HostPort {
  try {
    return parseHostPort(text.replace(/^http:\/\/([^/]*)\/?$/, "$1"));
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
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
