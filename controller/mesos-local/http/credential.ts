/** Who may come over TCP: one principal with its secret, in Mesos's own file format. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readStateFile, writeStateFile } from "../../support/files/state-file.ts";

export interface Credential {
  /** Without a colon, which HTTP basic authentication forbids. */
  readonly principal: string;
  readonly secret: string;
}

const PRINCIPAL = "framework";
const SECRET_BYTES = 32;
const LINE = /^(\S+) (\S{20,})\n$/;

/**
 * `PRINCIPAL SECRET` of the file, as `--mesos-credential-file` takes it; made when there is none.
 * A damaged one is made anew: whoever used it finds the new one at the same place.
 *
 * @throws OperationError ERR_STATE_UNWRITABLE
 */
export async function ensureCredential(path: string): Promise<Credential> {
  const [, principal, secret] = LINE.exec((await readStateFile(path)) ?? "") ?? [];
  if (principal !== undefined && secret !== undefined) return { principal, secret };
  const made = { principal: PRINCIPAL, secret: randomBytes(SECRET_BYTES).toString("base64url") };
  await writeStateFile(path, `${made.principal} ${made.secret}\n`);
  return made;
}

/** Compares in constant time. */
export function isCredential(authorization: string | undefined, expected: Credential): boolean {
  const given = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return false;
  const wanted = `${expected.principal}:${expected.secret}`;
  return timingSafeEqual(sha256(Buffer.from(given, "base64")), sha256(Buffer.from(wanted)));
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
