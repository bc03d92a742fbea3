/** `GET /v1/watch`: a status a line, at once, on every change, and never silent for long. */
import type { ServerResponse } from "node:http";
import { AGENT_BEAT_MS, type AgentStatus } from "../../../controller/model/agent-api.ts";
import type { StatusBoard } from "../status/status-board.ts";

/** A watcher that does not read is cut off: it starts anew with the whole truth. */
const UNREAD_BYTES_MAX = 1024 * 1024;

export function streamStatus(board: StatusBoard, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  let lastLine = "";
  const write = () => {
    response.write(lastLine);
    if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
  };
  const send = (status: AgentStatus) => {
    lastLine = `${JSON.stringify(status)}\n`;
    write();
    beat.refresh();
  };
  // A fifth early, for timers come late under load.
  const beat = setInterval(write, AGENT_BEAT_MS * 0.8);
  send(board.status());
  const unsubscribe = board.subscribe(send);
  response.once("close", () => {
    unsubscribe();
    clearInterval(beat);
  });
}
