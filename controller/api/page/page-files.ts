/** The page as the build has made it: a few files, read once, sent as they are. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { ApiExchange } from "../exchange.ts";

/** With what they are, for `nosniff` makes browsers believe it. */
const TYPES = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "shared-stream.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

export type PageFileName = keyof typeof TYPES;
export const PAGE_FILES = Object.keys(TYPES) as readonly PageFileName[];

interface PageFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly tag: string;
}

export type PageFiles = ReadonlyMap<PageFileName, PageFile>;

/** Where the build puts them: beside the compiled controller. */
const BUILT = fileURLToPath(new URL("../../page", import.meta.url));

/** Scripts, styles and answers of this origin, and nothing else from anywhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types page",
].join("; ");

/** @throws Error of a build that is not whole */
export async function loadPage(directory: string = BUILT): Promise<PageFiles> {
  const files = PAGE_FILES.map(async (name) => {
    const plain = await readFile(join(directory, name));
    const tag = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
    const file = { type: TYPES[name], plain, zipped: gzipSync(plain, { level: 9 }), tag };
    return [name, file] as const;
  });
  return new Map(await Promise.all(files));
}

export function sendPageFile(
  { request, response }: ApiExchange,
  { type, plain, zipped, tag }: PageFile,
): void {
  const zips = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const body = zips ? zipped : plain;
  const headers = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    ETag: `"${tag}${zips ? "-gz" : ""}"`,
    "Referrer-Policy": "no-referrer",
    Vary: "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
  };
  if (request.headers["if-none-match"] === headers.ETag) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    "Content-Type": type,
    "Content-Length": body.length,
    ...(zips ? { "Content-Encoding": "gzip" } : {}),
  });
  response.end(body);
}
