/**
 * X.509 certificates (RFC 5280) with ECDSA over P-256 and SHA-256. The encoding is
 * @peculiar/asn1-x509's, the cryptography Node's.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
import { isIPv4 } from "node:net";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const ID_AT_COMMON_NAME = "2.5.4.3";
const SERIAL_BYTES = 16;

/** Who signs. */
export interface Authority {
  readonly commonName: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  /** IPv4 addresses and host names under which it serves; empty: it is a client and nothing else. */
  readonly hosts: readonly string[];
}

export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** @returns PEM, PKCS #8 */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Signed by itself. The same name and key make one and the same authority, however often signed. */
export function authorityCertificate(authority: Authority, lifetime: Lifetime): string {
  const extensions = [
    extension(asn1.id_ce_basicConstraints, new asn1.BasicConstraints({ cA: true }), true),
    extension(
      asn1.id_ce_keyUsage,
      new asn1.KeyUsage(asn1.KeyUsageFlags.keyCertSign | asn1.KeyUsageFlags.cRLSign),
      true,
    ),
    extension(asn1.id_ce_subjectKeyIdentifier, new asn1.SubjectKeyIdentifier(keyId(authority.key))),
  ];
  return signed(authority, { ...authority, lifetime, extensions });
}

/** @param key the subject's own; PEM, PKCS #8 */
export function issueCertificate(
  authority: Authority,
  { commonName, hosts }: Subject,
  key: string,
  lifetime: Lifetime,
): string {
  const { id_kp_clientAuth, id_kp_serverAuth } = asn1;
  const usages = hosts.length > 0 ? [id_kp_clientAuth, id_kp_serverAuth] : [id_kp_clientAuth];
  const keyIdentifier = new asn1.KeyIdentifier(keyId(authority.key));
  const extensions = [
    extension(asn1.id_ce_basicConstraints, new asn1.BasicConstraints({ cA: false }), true),
    extension(asn1.id_ce_keyUsage, new asn1.KeyUsage(asn1.KeyUsageFlags.digitalSignature), true),
    extension(asn1.id_ce_extKeyUsage, new asn1.ExtendedKeyUsage(usages)),
    extension(
      asn1.id_ce_authorityKeyIdentifier,
      new asn1.AuthorityKeyIdentifier({ keyIdentifier }),
    ),
    ...(hosts.length > 0 ? [subjectAltName(hosts)] : []),
  ];
  return signed(authority, { commonName, key, lifetime, extensions });
}

interface Content {
  readonly commonName: string;
  readonly key: string;
  readonly lifetime: Lifetime;
  readonly extensions: readonly asn1.Extension[];
}

function signed(authority: Authority, content: Content): string {
  const publicKey = createPublicKey(content.key).export({ type: "spki", format: "der" });
  const signatureAlgorithm = new asn1.AlgorithmIdentifier({ algorithm: ECDSA_WITH_SHA256 });
  const tbsCertificate = new asn1.TBSCertificate({
    version: asn1.Version.v3,
    serialNumber: newSerial(),
    signature: signatureAlgorithm,
    issuer: named(authority.commonName),
    validity: new asn1.Validity(content.lifetime),
    subject: named(content.commonName),
    subjectPublicKeyInfo: AsnConvert.parse(publicKey, asn1.SubjectPublicKeyInfo),
    extensions: new asn1.Extensions([...content.extensions]),
  });
  const toSign = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const signature = sign("sha256", toSign, createPrivateKey(authority.key));
  const certificate = new asn1.Certificate({
    tbsCertificate,
    signatureAlgorithm,
    signatureValue: bytesOf(signature),
  });
  return pem(Buffer.from(AsnConvert.serialize(certificate)));
}

/** Positive: an ASN.1 integer whose first bit is set would be negative. */
function newSerial(): ArrayBuffer {
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return bytesOf(serial);
}

/** RFC 5280, 4.2.1.2, method 1: any digest of the public key that names it. */
function keyId(key: string): ArrayBuffer {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  return bytesOf(createHash("sha1").update(publicKey).digest());
}

function subjectAltName(hosts: readonly string[]): asn1.Extension {
  const names = hosts.map((host) =>
    isIPv4(host)
      ? new asn1.GeneralName({ iPAddress: host })
      : new asn1.GeneralName({ dNSName: host }),
  );
  return extension(asn1.id_ce_subjectAltName, new asn1.SubjectAlternativeName(names));
}

function extension(extnID: string, value: object, critical = false): asn1.Extension {
  const extnValue = new OctetString(AsnConvert.serialize(value));
  return new asn1.Extension({ extnID, critical, extnValue });
}

function named(commonName: string): asn1.Name {
  const value = new asn1.AttributeValue({ utf8String: commonName });
  const attribute = new asn1.AttributeTypeAndValue({ type: ID_AT_COMMON_NAME, value });
  return new asn1.Name([new asn1.RelativeDistinguishedName([attribute])]);
}

function bytesOf(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
