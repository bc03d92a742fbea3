/** A snapshot as a file, with the sum of its content at its end as etcd appends it. */
import { createHash } from "node:crypto";
import type { EtcdSnapshot } from "./types.ts";

const DIGEST_BYTES = 32;

export function snapshotBytes(snapshot: EtcdSnapshot): Buffer {
  const content = Buffer.from(JSON.stringify(snapshot));
  return Buffer.concat([content, createHash("sha256").update(content).digest()]);
}

export function snapshotIn(bytes: Buffer): EtcdSnapshot {
  const content = bytes.subarray(0, bytes.length - DIGEST_BYTES);
  return JSON.parse(content.toString("utf8")) as EtcdSnapshot;
}
