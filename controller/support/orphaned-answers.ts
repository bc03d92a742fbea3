/**
 * Answers that their connection left behind.
 *
 * Node tells an answer of its connection's end only while that answer has the connection. One that waits for its turn
 * behind another (requests may be pipelined, RFC 9112, section 9.3.2) is never told, and whoever waits for its end
 * waits for ever: so it is closed here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Of each connection: the answers that have not ended. */
const unended = new WeakMap<Socket, Set<ServerResponse>>();

/** From now on the response's `close` comes whatever becomes of its connection. */
export function closesWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  const answers = unended.get(socket) ?? watched(socket);
  answers.add(response);
  response.once("close", () => answers.delete(response));
}

/** Whether a request before this one has not been answered to its end on its connection. */
export function hasUnended(socket: Socket): boolean {
  return (unended.get(socket)?.size ?? 0) > 0;
}

function watched(socket: Socket): Set<ServerResponse> {
  const answers = new Set<ServerResponse>();
  unended.set(socket, answers);
  socket.once("close", () => {
    for (const response of [...answers]) {
      // Node tells the one that has the connection, before or after this.
      if (response.socket !== null) continue;
      response.destroy();
      response.emit("close");
    }
  });
  return answers;
}
