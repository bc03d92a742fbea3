/** The patches that are understood, by their content type. */
import jsonpatch, { type Operation } from "fast-json-patch";
import { messageOf } from "../../../model/errors.ts";
import { StatusError } from "../../status-error.ts";
import { mergePatch } from "./merge-patch.ts";

export const APPLY = "application/apply-patch+yaml";
const MERGE = "application/merge-patch+json";
const JSON_PATCH = "application/json-patch+json";

/**
 * @param type of the request, without parameters
 * @param object as it is; not changed
 * @throws StatusError UnsupportedMediaType, Invalid
 */
export function patched(type: string, object: object, patch: unknown): unknown {
  if (type === MERGE) return mergePatch(object, patch);
  if (type === JSON_PATCH) return jsonPatched(object, patch);
  const accepted = [JSON_PATCH, MERGE, APPLY].join(", ");
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  throw new StatusError("UnsupportedMediaType", message);
}

function jsonPatched(object: object, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw new StatusError("BadRequest", "A JSON patch is a list of operations.");
  }
  try {
    const copy = structuredClone(object);
    return jsonpatch.applyPatch(copy, patch as Operation[], true, true, true).newDocument;
  } catch (error) {
    // One sentence; the library adds the whole document to it.
    const [first] = messageOf(error).split("\n");
    const message = `the server rejected our request due to an error in our request: ${first}`;
    throw new StatusError("Invalid", message);
  }
}
