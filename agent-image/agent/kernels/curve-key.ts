/** Key pairs of ZeroMQ's CURVE: X25519 (RFC 7748), written in Z85 (rfc.zeromq.org/spec/32). */
import { generateKeyPairSync } from "node:crypto";

export interface CurveKeys {
  readonly publicKey: string;
  readonly secretKey: string;
}

const ALPHABET =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

export function newCurveKeys(): CurveKeys {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const { x } = publicKey.export({ format: "jwk" });
  const { d } = privateKey.export({ format: "jwk" });
  return { publicKey: z85Of(x), secretKey: z85Of(d) };
}

function z85Of(base64url: string | undefined): string {
  if (base64url === undefined) throw new Error("a key pair without its keys");
  return z85(Buffer.from(base64url, "base64url"));
}

/** @param bytes a multiple of four */
export function z85(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let rest = bytes.readUInt32BE(at);
    let digits = "";
    for (let i = 0; i < 5; i += 1) {
      digits = (ALPHABET[rest % 85] ?? "") + digits;
      rest = Math.floor(rest / 85);
    }
    text += digits;
  }
  return text;
}
