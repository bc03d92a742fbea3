/** What a client says with a DELETE: `DeleteOptions` of Kubernetes, as far as they mean something here. */
import { type ApiExchange, sendJson } from "../../exchange.ts";
import type { StatusDetails } from "../../status-error.ts";
import { StatusError } from "../../status-error.ts";
import { readBody } from "./body.ts";
import { isObject } from "./merge-patch.ts";

export interface DeleteOptions {
  /** What is deleted has to be this one; null: whichever there is. */
  readonly uid: string | null;
  readonly resourceVersion: string | null;
  readonly dryRun: boolean;
}

/** @throws StatusError BadRequest, UnsupportedMediaType */
export async function deleteOptionsOf(exchange: ApiExchange): Promise<DeleteOptions> {
  const hasBody = exchange.request.headers["content-type"] !== undefined;
  const body = hasBody ? (await readBody(exchange.request)).value : null;
  const options = isObject(body) ? body : {};
  const required = isObject(options["preconditions"]) ? options["preconditions"] : {};
  const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  return {
    uid: textOf(required["uid"]),
    resourceVersion: textOf(required["resourceVersion"]),
    dryRun: isDryRun(exchange) || Array.isArray(options["dryRun"]),
  };
}

/** The uid is what kubectl waits for to have gone. */
export function sendDeleted(
  exchange: ApiExchange,
  details: StatusDetails & { readonly uid: string },
): void {
  const constant = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" };
  sendJson(exchange, { ...constant, details });
}

/** @throws StatusError BadRequest */
export function isDryRun({ query }: ApiExchange): boolean {
  const values = query.getAll("dryRun");
  if (values.every((value) => value === "All")) return values.length > 0;
  throw new StatusError("BadRequest", "dryRun: the only value is All.");
}
