/** Where a Docker engine is, and the client of it. */
import { Agent } from "node:http";
import Docker from "dockerode";

const TCP = /^tcp:\/\/([^:/]+):(\d{1,5})$/;
/** Milliseconds of silence after which the other end is asked whether it is there. */
const PROBE_AFTER_MS = 5000;

/**
 * @param address path of a socket, or `tcp://HOST:PORT`; undefined: DOCKER_HOST, else the usual one
 */
export function engineAt(address: string | undefined): Docker {
  if (address === undefined) return new Docker();
  const [, host, port] = TCP.exec(address) ?? [];
  if (host === undefined) return new Docker({ socketPath: address });
  // Its types leave out what docker-modem hands on to every request.
  const options: Docker.DockerOptions & { readonly agent: Agent } = {
    ...{ protocol: "http", host, port: Number(port), agent: new ProbingAgent() },
  };
  return new Docker(options);
}

export function isEngineAddress(address: string): boolean {
  return address.startsWith("/") || TCP.test(address);
}

/**
 * A stream of events only listens: it would never find out that the host at its other end was
 * switched off and on again meanwhile. So every connection is probed; none is used twice, for the
 * other end may have forgotten it.
 */
class ProbingAgent extends Agent {
  constructor() {
    super({ keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS });
  }

  /** Asked by Node when a request is over (node:http, Agent). */
  override keepSocketAlive(): boolean {
    return false;
  }
}
