/** From method and path to a handler. */
import type { Handler } from "./exchange.ts";
import { StatusError } from "./status-error.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/apis/:name/log`: a part with a colon takes any text and gives it that name. */
  readonly path: string;
  /** Needs the control token. */
  readonly authorized?: boolean;
  readonly handler: Handler;
}

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

export class Router {
  private readonly routes: readonly { route: Route; parts: readonly string[] }[];

  constructor(routes: readonly Route[]) {
    this.routes = routes.map((route) => ({ route, parts: route.path.split("/") }));
  }

  /** @throws StatusError NotFound, MethodNotAllowed, BadRequest */
  match(method: string, path: string): Match {
    const parts = path.length > 1 ? path.replace(/\/$/, "").split("/") : path.split("/");
    const allowed = new Set<string>();
    for (const { route, parts: pattern } of this.routes) {
      const params = paramsOf(pattern, parts);
      if (params === null) continue;
      if (route.method === method || (route.method === "GET" && method === "HEAD")) {
        return { route, params };
      }
      allowed.add(route.method);
      if (route.method === "GET") allowed.add("HEAD");
    }
    if (allowed.size === 0) throw new StatusError("NotFound", `There is nothing at ${path}.`);
    const methods = [...allowed].sort().join(", ");
    const message = `${method} is not possible here, only ${methods}.`;
    throw new StatusError("MethodNotAllowed", message, { headers: { Allow: methods } });
  }
}

function paramsOf(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [i, wanted] of pattern.entries()) {
    const part = parts[i] as string;
    if (wanted.startsWith(":") && part !== "") params[wanted.slice(1)] = decoded(part);
    else if (wanted !== part) return null;
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StatusError("BadRequest", `${part} is not percent-encoded as it should be.`);
  }
}
