/** Files that options name: what a master's certificate is checked with, and who we are to it. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { messageOf } from "../../model/errors.ts";
import type { MesosCredential } from "../../mesos/http/transport.ts";

const BYTES_MAX = 1024 * 1024;
const READ_BY_OTHERS = 0o007;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** @returns the PEM text of one or more certificates */
export function readCertificates(path: string): string {
  const { text } = readText(path);
  const certificates = text.match(CERTIFICATE);
  if (certificates === null) {
    throw new InvalidArgumentError(
      "The file has no certificate in PEM (-----BEGIN CERTIFICATE-----).",
    );
  }
  for (const certificate of certificates) requireCertificate(certificate);
  return certificates.join("\n");
}

function requireCertificate(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new InvalidArgumentError(`A certificate in it can't be read: ${messageOf(error)}.`);
  }
}

/**
 * Mesos's own two formats: `PRINCIPAL SECRET` in one line, or JSON with `principal` and `secret`.
 * No message has anything of the file's content.
 */
export function readCredential(path: string): MesosCredential {
  const text = readSecret(path);
  const credential = text.trimStart().startsWith("{") ? fromJson(text) : fromLine(text);
  if (credential === null) {
    throw new InvalidArgumentError(
      "The file holds neither `PRINCIPAL SECRET` in one line nor JSON with " +
        'the texts "principal" and "secret".',
    );
  }
  if (credential.principal.includes(":")) {
    throw new InvalidArgumentError(
      "Its principal has a colon, which HTTP basic authentication forbids.",
    );
  }
  return credential;
}

/** @returns the PEM text of a private key */
export function readPrivateKey(path: string): string {
  const text = readSecret(path);
  try {
    createPrivateKey(text);
  } catch (error) {
    throw new InvalidArgumentError(
      `The file has no private key in PEM that can be read (${messageOf(error)}).`,
    );
  }
  return text;
}

/** The text of a file that no other user may read. */
export function readSecret(path: string): string {
  const { text, mode } = readText(path);
  if ((mode & READ_BY_OTHERS) === 0) return text;
  const octal = (mode & 0o777).toString(8).padStart(4, "0");
  throw new InvalidArgumentError(
    `Every user of this machine can get at its secret (mode ${octal}): chmod 600 it.`,
  );
}

function fromLine(text: string): MesosCredential | null {
  const [principal, secret, ...more] = text.trim().split(/\s+/);
  return principal && secret && more.length === 0 ? { principal, secret } : null;
}

function fromJson(text: string): MesosCredential | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message would quote the file.
    return null;
  }
  const { principal, secret } = value as Record<string, unknown>;
  if (typeof principal !== "string" || typeof secret !== "string") return null;
  return principal === "" || secret === "" ? null : { principal, secret };
}

function readText(path: string): { readonly text: string; readonly mode: number } {
  try {
    const file = openSync(path, "r");
    try {
      const { mode, size } = fstatSync(file);
      if (size > BYTES_MAX) throw new InvalidArgumentError("The file is larger than 1 MiB.");
      return { text: readFileSync(file, "utf8"), mode };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    throw new InvalidArgumentError(`The file can't be read: ${messageOf(error)}.`);
  }
}
