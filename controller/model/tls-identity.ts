/** What somebody proves himself with, and whose proofs he takes. */
import type { EtcdTransport } from "./ids.ts";

/** Where a node keeps its own; root and etcd alone can read there. */
export const TLS_DIR = "/run/jupyter-cluster/tls";
export const AUTHORITY_FILE = `${TLS_DIR}/authority.pem`;
/** Certificate and key in one file, so that they change together. */
export const IDENTITY_FILE = `${TLS_DIR}/node.pem`;

/**
 * A name that every member's certificate has. An address is no server name in TLS (RFC 6066), and
 * which member answers is of no account: the authority is the cluster's alone.
 */
export const MEMBER_SERVER_NAME = "etcd-member";

/**
 * With it, root needs no options for `etcdctl` on a node. Nobody else can read the key. The endpoint
 * is etcdctl's own default: from the environment it would forbid people the option.
 */
export function etcdctlEnvironment({ tls }: EtcdTransport): Readonly<Record<string, string>> {
  if (!tls) return {};
  return {
    ETCDCTL_CACERT: AUTHORITY_FILE,
    ETCDCTL_CERT: IDENTITY_FILE,
    ETCDCTL_KEY: IDENTITY_FILE,
  };
}

/** PEM texts. */
export interface TlsKeys {
  /** Certificate of the authority that everybody else's must be of. */
  readonly authority: string;
  readonly certificate: string;
  /** PKCS #8. */
  readonly key: string;
}

export interface TlsIdentity extends TlsKeys {
  /** When the certificate ends: milliseconds since the epoch. */
  readonly notAfter: number;
}
