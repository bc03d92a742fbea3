/** A certificate authority for members that a test starts by hand. */
import {
  authorityCertificate,
  issueCertificate,
  newKey,
} from "../../../controller/certificates/certificate.ts";
import { MEMBER_SERVER_NAME, type TlsIdentity } from "../../../controller/model/tls-identity.ts";

const HOUR_MS = 3_600_000;

export class TestAuthority {
  private readonly lifetime = lifetimeOf(24 * HOUR_MS);
  private readonly authority = { commonName: "test", key: newKey() };
  private readonly certificate = authorityCertificate(this.authority, this.lifetime);

  /** @param ms for which it is valid from now on */
  ofNode(ip: string, ms = 24 * HOUR_MS): TlsIdentity {
    return this.issue("node", [ip, "127.0.0.1", MEMBER_SERVER_NAME], lifetimeOf(ms));
  }

  ofClient(): TlsIdentity {
    return this.issue("client", []);
  }

  private issue(
    commonName: string,
    hosts: readonly string[],
    lifetime = this.lifetime,
  ): TlsIdentity {
    const key = newKey();
    const subject = { commonName, hosts };
    const certificate = issueCertificate(this.authority, subject, key, lifetime);
    const notAfter = lifetime.notAfter.getTime();
    return { authority: this.certificate, certificate, key, notAfter };
  }
}

function lifetimeOf(ms: number) {
  const now = Date.now();
  return { notBefore: new Date(now - HOUR_MS), notAfter: new Date(now + ms) };
}
