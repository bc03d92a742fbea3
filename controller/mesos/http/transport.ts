/** What every request to a master has in common: connection, TLS, credentials, exact headers. */
import { type buildConnector, Client, Pool } from "undici";
import type { Connection, MasterConnections } from "./connections.ts";
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import { hostPortText } from "../../support/host-port.ts";
import { addressText, type MasterAddress } from "./master-address.ts";

export interface MesosCredential {
  readonly principal: string;
  readonly secret: string;
}

export interface TransportOptions {
  /** HTTP basic authentication. */
  readonly credentials?: MesosCredential;
  /** Left out: plain HTTP. `ca` is PEM text. */
  readonly tls?: { readonly ca?: string; readonly rejectUnauthorized?: boolean };
}

/** A dead host does not refuse, it swallows. */
const CONNECT_TIMEOUT_MS = 2000;
const CALL_CONNECTIONS_MAX = 4;
/** Answers to calls are empty or one sentence. Bytes. */
const ANSWER_BYTES_MAX = 64 * 1024;

export class Transport implements MasterConnections {
  readonly scheme: "http" | "https";

  constructor(private readonly options: TransportOptions) {
    this.scheme = options.tls === undefined ? "http" : "https";
  }

  /** One connection for the event stream. The caller has its own deadlines. */
  streamClient(address: MasterAddress): Connection {
    return new Client(this.origin(address), {
      connect: this.connectOptions(address),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** A few connections for everything else. The caller has its own deadlines. */
  callPool(address: MasterAddress): Connection {
    return new Pool(this.origin(address), {
      connect: this.connectOptions(address),
      connections: CALL_CONNECTIONS_MAX,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: ANSWER_BYTES_MAX,
    });
  }

  /** A master refuses any other content type, even one with a charset (415). */
  headers(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { credentials } = this.options;
    return {
      "content-type": "application/json",
      accept: "application/json",
      ...(credentials === undefined ? {} : { authorization: basicAuth(credentials) }),
      ...more,
    };
  }

  private origin(address: MasterAddress): string {
    return `${this.scheme}://${hostPortText(address)}`;
  }

  private connectOptions({ socketPath }: MasterAddress): buildConnector.BuildOptions {
    const socket = socketPath === undefined ? {} : { socketPath };
    return { timeout: CONNECT_TIMEOUT_MS, ...this.options.tls, ...socket };
  }
}

/** An error of the network as one sentence with the master's address. */
export function unreachable(
  operation: string,
  address: MasterAddress,
  error: unknown,
): OperationError {
  if (error instanceof OperationError) return error;
  const message = `The Mesos master at ${addressText(address)} ${whyUnreachable(error)}`;
  return new OperationError(ERROR_CODES.MESOS_UNREACHABLE, operation, message, { cause: error });
}

function whyUnreachable(error: unknown): string {
  const code = String((error as NodeJS.ErrnoException).code);
  const said = messageOf(error);
  if (/CERT|UNABLE_TO_VERIFY/.test(code)) {
    return `shows a certificate that is not trusted: ${said}. Is --mesos-ca its authority's?`;
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") {
    return "does not speak TLS: is it http:// and not https://?";
  }
  return `does not answer: ${said}.`;
}

/** An answer with another status than the one hoped for. Nothing was done. */
export function refused(
  operation: string,
  address: MasterAddress,
  status: number,
  text: string,
): OperationError {
  // A sentence of ours may follow: "401 Unauthorized." of Mesos ends with a full stop.
  const said = text.trim().slice(0, 300).replace(/\.$/, "") || "without a reason";
  const hint = status === 401 ? ". Is --mesos-credential-file the right one?" : "";
  const message = `The Mesos master at ${addressText(address)} refused with HTTP ${status}: ${said}${hint}`;
  return new OperationError(ERROR_CODES.MESOS_REFUSED, operation, message);
}

function basicAuth({ principal, secret }: MesosCredential): string {
  return `Basic ${Buffer.from(`${principal}:${secret}`, "utf8").toString("base64")}`;
}
