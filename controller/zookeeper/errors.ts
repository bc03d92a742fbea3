/** What goes wrong with a ZooKeeper server, in sentences. No password is in any of them. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { type HostPort, hostPortText } from "../support/host-port.ts";

/** Another server, or this one later, may be better. */
export function unreachable(server: HostPort, what: string, cause?: unknown): OperationError {
  const message = `The ZooKeeper server ${hostPortText(server)} ${what}.`;
  return new OperationError(
    ERROR_CODES.ZOOKEEPER_UNREACHABLE,
    "ask ZooKeeper",
    message,
    cause === undefined ? {} : { cause },
  );
}

/** No server will say anything else. */
export function refused(what: string): OperationError {
  const hint = "Are the user and the password in --mesos the right ones?";
  const message = `ZooKeeper ${what}. ${hint}`;
  return new OperationError(ERROR_CODES.ZOOKEEPER_REFUSED, "ask ZooKeeper", message);
}
