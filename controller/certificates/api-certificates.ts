/** What the controller's API proves itself with to clients that speak TLS. */
import { hostname } from "node:os";
import { type Authority, authorityCertificate, issueCertificate, newKey } from "./certificate.ts";

const DAY_MS = 24 * 3600 * 1000;
const EARLIER_MS = DAY_MS;
const LIFETIME_MS = 20 * 365 * DAY_MS;
const NAME = "jupyter-cluster API";

/** @returns PEM; another text each time, and always the same authority */
export function apiAuthority(key: string, now: number): string {
  return authorityCertificate(authorityOf(key), lifetimeFrom(now));
}

/**
 * The server's key is nowhere but in its process, and a start makes another: so it lives as long as its
 * authority.
 *
 * @param hosts addresses and names under which the API is reached, besides loopback's and this machine's
 * @returns PEM
 */
export function apiServerIdentity(
  authorityKey: string,
  hosts: readonly string[],
  now: number,
): { readonly key: string; readonly cert: string } {
  const key = newKey();
  const names = [...new Set(["127.0.0.1", "localhost", hostname(), ...hosts])];
  const subject = { commonName: NAME, hosts: names };
  return {
    key,
    cert: issueCertificate(authorityOf(authorityKey), subject, key, lifetimeFrom(now)),
  };
}

function authorityOf(key: string): Authority {
  return { commonName: `${NAME} authority`, key };
}

function lifetimeFrom(now: number) {
  return { notBefore: new Date(now - EARLIER_MS), notAfter: new Date(now + LIFETIME_MS) };
}
