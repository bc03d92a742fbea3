/** May I? Whoever has the token may do all that there is, and only the token's bearer is asked. */
import type { IncomingMessage } from "node:http";
import { sendJson } from "../exchange.ts";
import { readJsonObject, readText } from "../requests.ts";
import type { Route } from "../router.ts";

const ROOT = "/apis/authorization.k8s.io/v1";
const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Some clients (k9s) ask before each of their steps, and take an error for a no. */
export function reviewRoutes(): Route[] {
  return [
    {
      method: "POST",
      path: `${ROOT}/selfsubjectaccessreviews`,
      authorized: true,
      handler: async (exchange) => {
        const review = {
          kind: "SelfSubjectAccessReview",
          apiVersion: "authorization.k8s.io/v1",
          metadata: { creationTimestamp: null },
          spec: await specOf(exchange.request),
          status: { allowed: true, reason: "The control token may do all that is served." },
        };
        sendJson(exchange, review, { status: 201 });
      },
    },
  ];
}

/**
 * Go's clients write protobuf and take JSON. What they ask about is not looked at: the answer is the same.
 *
 * @throws StatusError
 */
async function specOf(request: IncomingMessage): Promise<unknown> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type === PROTOBUF) {
    await readText(request);
    return {};
  }
  const { spec = {} } = await readJsonObject(request);
  return spec;
}
