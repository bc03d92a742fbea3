/** A log that is not followed, as one text. */
import type { Readable } from "node:stream";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";

/**
 * The end of it, if it is longer.
 *
 * @throws OperationError ERR_AGENT_UNREACHABLE when it breaks off
 */
export async function textOfLog(source: Readable, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      while (bytes - (chunks[0]?.length ?? 0) > bytesMax) bytes -= chunks.shift()?.length ?? 0;
    }
  } catch (error) {
    const message = `the log broke off: ${messageOf(error)}`;
    throw new OperationError(ERROR_CODES.AGENT_UNREACHABLE, "read a log", message);
  }
  return Buffer.concat(chunks).subarray(-bytesMax).toString("utf8");
}
