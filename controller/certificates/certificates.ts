/** Who proves what in one cluster: its authority, its nodes, the controller. */
import {
  type ClusterRef,
  clusterKey,
  memberNameOf,
  slotAddress,
  slotHostname,
} from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Certificates, Clock } from "../model/ports.ts";
import { MEMBER_SERVER_NAME, type TlsIdentity } from "../model/tls-identity.ts";
import { type Authority, authorityCertificate, issueCertificate, newKey } from "./certificate.ts";

const DAY_MS = 24 * 3600 * 1000;
/** Clocks of other hosts may be behind. */
const EARLIER_MS = DAY_MS;
const AUTHORITY_MS = 20 * 365 * DAY_MS;
const NODE_MS = 365 * DAY_MS;

interface Issued {
  readonly authority: Authority;
  readonly certificate: string;
  readonly lifetime: { readonly notBefore: Date; readonly notAfter: Date };
  readonly controller: TlsIdentity;
}

export class ClusterCertificates implements Certificates {
  /** By the authority's key. */
  private readonly issued = new Map<string, Issued>();

  constructor(private readonly clock: Pick<Clock, "now">) {}

  ofNode(memory: ClusterMemory, slot: number): TlsIdentity | null {
    const by = this.issuedBy(memory);
    if (by === null) return null;
    const { metadata, spec } = memory.cluster;
    const ip = slotAddress(spec.network.firstAddress, slot);
    const name = slotHostname(metadata.name, slot);
    const hosts = [ip, "127.0.0.1", "localhost", name, MEMBER_SERVER_NAME];
    const now = this.clock.now();
    const lifetime = {
      notBefore: new Date(now - EARLIER_MS),
      notAfter: new Date(Math.min(now + NODE_MS, by.lifetime.notAfter.getTime())),
    };
    const key = newKey();
    const subject = { commonName: memberNameOf(slot), hosts };
    const certificate = issueCertificate(by.authority, subject, key, lifetime);
    const notAfter = lifetime.notAfter.getTime();
    return { authority: by.certificate, certificate, key, notAfter };
  }

  ofController(memory: ClusterMemory): TlsIdentity | null {
    return this.issuedBy(memory)?.controller ?? null;
  }

  private issuedBy({ secrets, cluster, createdAt }: ClusterMemory): Issued | null {
    const { authorityKey } = secrets;
    if (authorityKey === null || !cluster.spec.etcd.tls) return null;
    const issued =
      this.issued.get(authorityKey) ?? issue(authorityKey, cluster.metadata, createdAt);
    this.issued.set(authorityKey, issued);
    return issued;
  }
}

/** etcd takes a client for the user that his certificate is named after, and this one may do all. */
const ETCD_ROOT = "root";

/**
 * The controller's certificate lives as long as the authority's: its key is nowhere but in the
 * process that has the authority's own.
 */
function issue(authorityKey: string, ref: ClusterRef, createdAt: number): Issued {
  const authority = { commonName: `jupyter-cluster ${clusterKey(ref)}`, key: authorityKey };
  const lifetime = {
    notBefore: new Date(createdAt - EARLIER_MS),
    notAfter: new Date(createdAt + AUTHORITY_MS),
  };
  const certificate = authorityCertificate(authority, lifetime);
  const key = newKey();
  const subject = { commonName: ETCD_ROOT, hosts: [] };
  const own = issueCertificate(authority, subject, key, lifetime);
  const notAfter = lifetime.notAfter.getTime();
  const controller = { authority: certificate, certificate: own, key, notAfter };
  return { authority, certificate, lifetime, controller };
}
