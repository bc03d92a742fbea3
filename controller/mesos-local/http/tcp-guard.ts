/**
 * Before anything of a request over TCP is read: any user of this machine, and through a browser
 * any web page, can send one.
 */
import type { IncomingMessage } from "node:http";
import { HostGuard } from "../../support/host-guard.ts";
import type { Caller } from "../master/caller.ts";
import { type Credential, isCredential } from "./credential.ts";

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

export class TcpGuard {
  private readonly hosts: HostGuard;

  constructor(
    host: string,
    private readonly credential: Credential,
  ) {
    this.hosts = new HostGuard([host]);
  }

  check(request: IncomingMessage): Caller | Refusal {
    const { host, origin, authorization } = request.headers;
    if (!this.hosts.allows(request)) {
      const name = JSON.stringify(host);
      return { status: 403, message: `The embedded Mesos does not answer under the name ${name}` };
    }
    if (origin !== undefined) {
      return { status: 403, message: "The embedded Mesos does not answer to web pages" };
    }
    if (isCredential(authorization, this.credential)) {
      return { door: "tcp", principal: this.credential.principal };
    }
    return {
      status: 401,
      message: "The embedded Mesos wants the principal and secret of its credential file",
    };
  }
}
