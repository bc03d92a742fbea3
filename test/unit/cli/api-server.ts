/** A scripted stand-in for the controller's HTTP API, on loopback. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

export interface ApiServer {
  readonly url: string;
  /** `METHOD /path?query` of every request, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** @param routes by `METHOD /path`; anything else is a Kubernetes 404 */
export async function startApiServer(routes: Record<string, Route>): Promise<ApiServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://loopback");
    requests.push(`${request.method} ${request.url}`);
    const route = routes[`${request.method} ${url.pathname}`];
    if (route === undefined)
      failure(404, "NotFound", `${url.pathname} not found`)(request, response, url);
    else route(request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

export function json(value: unknown): Route {
  return (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
}

/** Sends the lines and ends, as a controller that stops would. */
export function lines(values: readonly unknown[]): Route {
  return (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
  };
}

export function failure(code: number, reason: string, message: string): Route {
  return (_, response) => {
    response.writeHead(code, { "content-type": "application/json" });
    const status = { kind: "Status", apiVersion: "v1", status: "Failure", reason, message, code };
    response.end(JSON.stringify(status));
  };
}
