/** Lines of a byte stream, whatever pieces it comes in. */
import { StringDecoder } from "node:string_decoder";
import { ERROR_CODES, OperationError } from "../model/errors.ts";

const LINE_CHARACTERS_MAX = 16 * 1024 * 1024;

/** Yields lines without their newline; a last line without one too. */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let pending = "";
  for await (const chunk of stream) {
    const pieces = (pending + decoder.write(chunk)).split("\n");
    pending = pieces.pop() ?? "";
    yield* pieces;
    if (pending.length > LINE_CHARACTERS_MAX) {
      const message = `A line is longer than ${LINE_CHARACTERS_MAX} characters.`;
      throw new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "read the stream", message);
    }
  }
  pending += decoder.end();
  if (pending !== "") yield pending;
}
