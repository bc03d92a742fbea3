/**
 * The ids that etcd gives to a statically bootstrapped cluster. They follow from the peer URLs and
 * the token alone (etcd server/etcdserver/api/membership: NewMember, genID), so that data can be
 * recognized as this very cluster's before etcd runs.
 */
import { createHash } from "node:crypto";
import type { InitialCluster } from "./agent-api.ts";
import { hexId } from "./ids.ts";

/** @returns hex */
export function bootstrapMemberId(peerUrl: string, token: string): string {
  return firstEightBytes(Buffer.from(peerUrl + token));
}

/** @returns hex */
export function bootstrapClusterId(members: InitialCluster, token: string): string {
  const ids = Object.values(members).map((url) => BigInt(`0x${bootstrapMemberId(url, token)}`));
  ids.sort((a, b) => (a < b ? -1 : 1));
  const bytes = Buffer.alloc(ids.length * 8);
  ids.forEach((id, i) => bytes.writeBigUInt64BE(id, i * 8));
  return firstEightBytes(bytes);
}

function firstEightBytes(bytes: Buffer): string {
  const digest = createHash("sha1").update(bytes).digest();
  return hexId(digest.readBigUInt64BE(0));
}
