/** Are the addresses free that the controller is going to listen on? */
import { createServer } from "node:net";
import { ERROR_CODES, OperationError } from "../model/errors.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** What it is for and how to choose another, e.g. `the proxy of cluster lab (spec.proxy.port)`. */
  readonly purpose: string;
}

/** @throws OperationError ERR_ADDRESS_IN_USE for the first address that can't be listened on */
export async function requireFree(addresses: readonly ListenAddress[]): Promise<void> {
  for (const address of addresses) {
    const code = await bindError(address.host, address.port);
    if (code === null) continue;
    const where = `${address.host}:${address.port}`;
    throw new OperationError(
      ERROR_CODES.ADDRESS_IN_USE,
      `listen on ${where}`,
      `${explain(code, where)} It is wanted for ${address.purpose}.`,
    );
  }
}

function explain(code: string, where: string): string {
  if (code === "EADDRINUSE") return `Another program listens on ${where}.`;
  if (code === "EADDRNOTAVAIL") return `${where} is no address of this machine.`;
  if (code === "EACCES") return `This user may not listen on ${where}.`;
  return `${where} can't be listened on (${code}).`;
}

/** null: free. */
function bindError(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
