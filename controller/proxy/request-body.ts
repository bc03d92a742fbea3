/** A request's body, and whether it can be sent more than once. */
import type { IncomingMessage } from "node:http";
import { LIMITS } from "./limits.ts";

export type RequestBody =
  | { readonly kind: "none" }
  /** Read whole before anything is sent, so that it can be sent again. */
  | { readonly kind: "kept"; readonly bytes: Buffer }
  /** Passed on as it comes; nothing is read of it before there is a connection for it. */
  | { readonly kind: "stream" };

/** How many bytes may be kept of this request; null: none, it is to be streamed or is empty. */
export function replayableBytes(request: IncomingMessage): number | null {
  if (request.headers["transfer-encoding"] !== undefined) return null;
  const length = Number(request.headers["content-length"] ?? 0);
  return length > 0 && length <= LIMITS.replayBytesMax ? length : null;
}

/**
 * Two readers might not agree where such a request ends, or whom it is for (RFC 9112, sections 3.2
 * and 6.3). Node's parser refuses the other forms by itself.
 */
export function isAmbiguous({ headers, rawHeaders }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return true;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === "host") hosts += 1;
  }
  return hosts > 1;
}

/** Null: the client went away in the middle of it. */
export function readWhole(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", () => resolve(null));
    request.once("close", () => resolve(null));
  });
}
