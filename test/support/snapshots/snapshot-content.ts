/** What passes for an etcd snapshot: sectors of a database, and its SHA-256 after them. */
import { createHash } from "node:crypto";
import type { SnapshotContent } from "../../../controller/model/ports.ts";
import type { SnapshotFacts } from "../../../controller/model/snapshot.ts";

export function snapshotBytes(sectors = 3, fill = "etcd"): Buffer {
  const database = Buffer.alloc(sectors * 512, fill);
  return Buffer.concat([database, sha256(database)]);
}

export function factsOf(bytes: Buffer, revision = 42): SnapshotFacts {
  return { revision, keys: 7, sha256: sha256(bytes).toString("hex"), clusterId: "c1" };
}

/** In pieces of that many bytes, as a network would cut it. */
export async function* inPieces(bytes: Buffer, pieceBytes = bytes.length): SnapshotContent {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
}

export async function bytesOf(content: SnapshotContent): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
