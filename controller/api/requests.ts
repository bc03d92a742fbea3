/** What a request says, as its type; whatever is wrong with it is answered with 400 and why. */
import type { IncomingMessage } from "node:http";
import { LIMITS } from "./limits.ts";
import { StatusError } from "./status-error.ts";

/** An object in the body. @throws StatusError */
export async function readJsonObject(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  // Also keeps out what a foreign web page can post without asking first.
  if (type !== "application/json") {
    throw new StatusError("UnsupportedMediaType", "The body has to be application/json.");
  }
  return parsedObject(await readText(request));
}

/** The body, as UTF-8. @throws StatusError RequestEntityTooLarge */
export async function readText(
  request: IncomingMessage,
  bytesMax: number = LIMITS.bodyMax,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes <= bytesMax) continue;
    const message = `The body has more than ${bytesMax} bytes.`;
    throw new StatusError("RequestEntityTooLarge", message, { headers: { Connection: "close" } });
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsedObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Not JSON at all: refused like any other text that is no object.
  }
  throw new StatusError("BadRequest", "The body is not a JSON object.");
}

/** @throws StatusError when it is neither true nor false */
export function booleanOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === "false" || text === "0") return false;
  // A bare `?verbose` is meant as yes.
  if (text === "" || text === "true" || text === "1") return true;
  throw new StatusError("BadRequest", `${name} is true or false, not ${JSON.stringify(text)}.`);
}

/** @throws StatusError when it is no whole number in the range */
export function wholeNumberOf(
  query: URLSearchParams,
  name: string,
  min: number,
  max: number,
): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  const message = `${name} is a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`;
  throw new StatusError("BadRequest", message);
}

/** @throws StatusError when it is none of them */
export function oneOf<T extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly T[],
): T | null {
  const text = query.get(name);
  if (text === null) return null;
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new StatusError("BadRequest", `${name} is one of ${choices.join(", ")}.`);
}
