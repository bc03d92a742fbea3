/**
 * How the agents' API is spoken to: TLS with a key that both ends have beforehand, so that it needs no
 * certificate before the first contact (RFC 4279, RFC 7905; forward secret by ECDHE). The key follows
 * from the hash of the cluster's bearer token, which every task's environment holds: the agent proves
 * that it knows it, and the controller shows the token itself on top.
 */
import { createHmac } from "node:crypto";
import type { TlsOptions } from "node:tls";

/** Node has the key exchange with 1.2 alone; no other cipher is offered. */
export const AGENT_TLS: Pick<TlsOptions, "ciphers" | "minVersion" | "maxVersion"> = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
};

export const AGENT_TLS_IDENTITY = "controller";

/** @param tokenSha256 of the bearer token; lower-case hex */
export function agentTlsKey(tokenSha256: string): Buffer {
  return createHmac("sha256", Buffer.from(tokenSha256, "hex")).update("agent API").digest();
}
