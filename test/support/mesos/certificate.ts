/** A self-signed certificate of 127.0.0.1, made anew by openssl. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Certificate {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  /** Where `cert` is. */
  readonly certFile: string;
}

/** @param directory must exist; the files are left in it */
export async function makeCertificate(directory: string, name: string): Promise<Certificate> {
  const [keyFile, certFile] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`],
    ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", certFile],
  ]);
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  return { cert, key, certFile };
}
