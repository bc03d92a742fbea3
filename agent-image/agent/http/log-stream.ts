/** `GET /v1/logs/{unit}?tail=N&follow=true` */
import type { ServerResponse } from "node:http";
import type { UnitLog } from "../unit/unit-log.ts";

const TAIL_DEFAULT = 200;
const TAIL_MAX = 10_000;
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

export interface LogQuery {
  readonly tail: number;
  readonly follow: boolean;
}

/** @throws Error when a parameter is not understood */
export function parseLogQuery(query: URLSearchParams): LogQuery {
  const tail = query.get("tail") ?? String(TAIL_DEFAULT);
  if (!/^\d{1,9}$/.test(tail)) throw new Error("tail must be a number of lines");
  const follow = query.get("follow") ?? "false";
  if (follow !== "true" && follow !== "false") throw new Error("follow must be true or false");
  return { tail: Math.min(Number(tail), TAIL_MAX), follow: follow === "true" };
}

export async function streamLog(
  log: UnitLog,
  query: LogQuery,
  response: ServerResponse,
): Promise<void> {
  await log.flush();
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
  const lines = log.tail(query.tail);
  if (lines.length > 0) response.write(`${lines.join("\n")}\n`);
  if (!query.follow) {
    response.end();
    return;
  }
  // In the same turn as the tail was read: no line is missed, and none comes twice.
  const unfollow = log.follow((line) => {
    response.write(`${line}\n`);
    if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
  });
  response.once("close", unfollow);
  response.flushHeaders();
}
