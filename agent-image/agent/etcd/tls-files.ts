/** Where etcd and its clients in the container find what the node proves itself with. */
import {
  AUTHORITY_FILE,
  IDENTITY_FILE,
  TLS_DIR,
  type TlsKeys,
} from "../../../controller/model/tls-identity.ts";
import type { FileOwner, Files } from "../ports/files.ts";

/** @param owner etcd's user, who reads them; nobody else but root does */
export async function writeTlsFiles(
  files: Files,
  owner: FileOwner,
  { authority, certificate, key }: TlsKeys,
): Promise<void> {
  await files.makeDirectory(TLS_DIR, 0o700);
  await files.chown(TLS_DIR, owner);
  const options = { mode: 0o600, owner };
  await Promise.all([
    files.write(AUTHORITY_FILE, authority, options),
    files.write(IDENTITY_FILE, `${certificate}${key}`, options),
  ]);
}

/** @throws Error when the node was not told yet */
export async function readTlsFiles(files: Pick<Files, "read">): Promise<TlsKeys> {
  const authority = await files.read(AUTHORITY_FILE);
  const both = await files.read(IDENTITY_FILE);
  if (authority === null || both === null) throw new Error("the node has no certificate yet");
  return { authority, certificate: both, key: both };
}

/** Options of etcdctl. */
export const ETCDCTL_TLS_FLAGS = [
  `--cacert=${AUTHORITY_FILE}`,
  `--cert=${IDENTITY_FILE}`,
  `--key=${IDENTITY_FILE}`,
];
