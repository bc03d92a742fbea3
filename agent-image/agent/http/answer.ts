import type { ServerResponse } from "node:http";

/** A whole answer in JSON. */
export function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

export function respondEmpty(response: ServerResponse): void {
  response.writeHead(204);
  response.end();
}
