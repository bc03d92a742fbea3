/** What a changing request carries. */
import type { IncomingMessage } from "node:http";
import { parseDocuments } from "../../../../crd-schema/parse.ts";
import { LIMITS } from "../../limits.ts";
import { readText } from "../../requests.ts";
import { StatusError } from "../../status-error.ts";

export interface Body {
  /** Without parameters, in lower case. */
  readonly type: string;
  readonly value: unknown;
}

/** JSON, or YAML, of which JSON is a part. @throws StatusError */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!/^application\/([a-z-]+\+)?(json|yaml)$/.test(type)) {
    const message = `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`;
    throw new StatusError("UnsupportedMediaType", message);
  }
  const text = await readText(request, LIMITS.objectMax);
  return { type, value: type.endsWith("yaml") ? fromYaml(text) : fromJson(text) };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StatusError("BadRequest", "The body is not JSON.");
  }
}

function fromYaml(text: string): unknown {
  const { documents, problems } = parseDocuments(text, "body");
  const [first] = problems;
  if (first !== undefined) {
    throw new StatusError("BadRequest", `body:${first.line}:${first.column}: ${first.message}`);
  }
  if (documents.length !== 1) {
    throw new StatusError("BadRequest", `The body has ${documents.length} documents, not one.`);
  }
  return documents[0]?.value;
}
