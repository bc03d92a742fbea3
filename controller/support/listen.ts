/** Opening a listening socket, with errors that tell a person what to do. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import { hostPortText } from "./host-port.ts";

export interface ListenAddress {
  /** IP address or host name of this machine. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/**
 * @param what the server as people know it, e.g. `Jupyter proxy`
 * @param remedy what to change when the address cannot be had, one sentence
 * @returns the port that is open
 * @throws OperationError ERR_ADDRESS_IN_USE
 */
export function listen(
  server: Server,
  address: ListenAddress,
  what: string,
  remedy: string,
): Promise<number> {
  const { host, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`no port: ${port}`);
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      const message = `${whyNot(error, host, port)} ${remedy}`;
      const operation = `listen ${what}`;
      reject(new OperationError(ERROR_CODES.ADDRESS_IN_USE, operation, message, { cause: error }));
    };
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Whether one could listen there now; nothing is left open. Any reason why not counts. */
export function isFree({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port }, () => void server.close(() => resolve(true)));
  });
}

/**
 * @param path of a socket whose directory belongs to this user alone; nothing is there yet
 * @throws OperationError ERR_ADDRESS_IN_USE
 */
export function listenOnSocket(server: Server, path: string, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      const message = `The socket ${path} cannot be made: ${messageOf(error)}.`;
      const operation = `listen ${what}`;
      reject(new OperationError(ERROR_CODES.ADDRESS_IN_USE, operation, message, { cause: error }));
    };
    server.once("error", onError);
    server.listen({ path }, () => {
      server.off("error", onError);
      resolve();
    });
  });
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  const address = hostPortText({ host, port });
  switch (error.code) {
    case "EADDRINUSE":
      return `Another program listens on ${address} already.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${address} cannot be listened on: ${host} is no address of this machine.`;
    case "EACCES":
      return `${address} cannot be listened on: this user may not use port ${port}.`;
    default:
      return `${address} cannot be listened on: ${messageOf(error)}.`;
  }
}
