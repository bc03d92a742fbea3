/** May I? Whoever has the token may do all that there is, and only the token's bearer is asked. */
import { sendJson } from "../exchange.ts";
import { readJsonObject } from "../requests.ts";
import type { Route } from "../router.ts";

const ROOT = "/apis/authorization.k8s.io/v1";

/** Some clients (k9s) ask before each of their steps, and take an error for a no. */
export function reviewRoutes(): Route[] {
  return [
    {
      method: "POST",
      path: `${ROOT}/selfsubjectaccessreviews`,
      authorized: true,
      handler: async (exchange) => {
        const { spec = {} } = await readJsonObject(exchange.request);
        const review = {
          kind: "SelfSubjectAccessReview",
          apiVersion: "authorization.k8s.io/v1",
          metadata: { creationTimestamp: null },
          spec,
          status: { allowed: true },
        };
        sendJson(exchange, review, { status: 201 });
      },
    },
  ];
}
