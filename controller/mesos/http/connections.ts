/**
 * What the client needs of its connections to a master. {@link Transport} makes them of sockets; in
 * a simulation they are made of virtual time.
 */
import type { MasterAddress } from "./master-address.ts";

export interface MasterConnections {
  readonly scheme: "http" | "https";
  /** One connection for the event stream. The caller has its own deadlines. */
  streamClient(address: MasterAddress): Connection;
  /** A few connections for everything else. The caller has its own deadlines. */
  callPool(address: MasterAddress): Connection;
  headers(more?: Readonly<Record<string, string>>): Record<string, string>;
}

export interface Connection {
  readonly destroyed: boolean;
  request(request: MasterRequest): Promise<MasterAnswer>;
  /** At once: whatever waits for an answer, or for more of one, fails. */
  destroy(): Promise<void>;
}

export interface MasterRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface MasterAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array> & { text(): Promise<string> };
}
