/** A status a line. */
import type { ServerResponse } from "node:http";
import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { followStatus } from "../api/follow-status.ts";
import type { StatusBoard } from "../status/status-board.ts";

/** A watcher that does not read is cut off: it starts anew with the whole truth. */
const UNREAD_BYTES_MAX = 1024 * 1024;

export function streamStatus(board: StatusBoard, clock: Clock, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  let last: AgentStatus | null = null;
  let line = "";
  const unfollow = followStatus(board, clock, (status) => {
    if (status !== last) line = `${JSON.stringify(status)}\n`;
    last = status;
    response.write(line);
    if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
  });
  response.once("close", unfollow);
}
