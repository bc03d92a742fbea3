/** An answer on a connection that Node's server has given up, and that ends with it. */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export function lastResponse(request: IncomingMessage, client: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(client);
  response.once("finish", () => {
    response.detachSocket(client);
    client.destroySoon();
  });
  return response;
}
