/** `GET /v1/logs/{unit}?tail=N&follow=true&since=MILLISECONDS&timestamps=true`, `…/{unit}/previous` */
import type { ServerResponse } from "node:http";
import { withoutTime } from "../unit/timed-line.ts";
import type { UnitLog } from "../unit/unit-log.ts";

const TAIL_DEFAULT = 200;
const TAIL_MAX = 10_000;
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

export interface LogQuery {
  readonly tail: number;
  readonly follow: boolean;
  /** Milliseconds since the epoch; null: from wherever the tail begins. */
  readonly since: number | null;
  /** Each line begins with the time at which it came. */
  readonly timestamps: boolean;
}

/** @throws Error when a parameter is not understood */
export function parseLogQuery(query: URLSearchParams): LogQuery {
  const tail = query.get("tail") ?? String(TAIL_DEFAULT);
  if (!/^\d{1,9}$/.test(tail)) throw new Error("tail must be a number of lines");
  const since = query.get("since");
  if (since !== null && !/^\d{1,15}$/.test(since)) throw new Error("since must be milliseconds");
  return {
    tail: Math.min(Number(tail), TAIL_MAX),
    follow: flag(query, "follow"),
    since: since === null ? null : Number(since),
    timestamps: flag(query, "timestamps"),
  };
}

function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? "false";
  if (text !== "true" && text !== "false") throw new Error(`${name} must be true or false`);
  return text === "true";
}

export async function streamLog(
  log: UnitLog,
  query: LogQuery,
  response: ServerResponse,
): Promise<void> {
  await log.flush();
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
  const shown = query.timestamps ? (line: string) => line : withoutTime;
  const lines = log.tail(query.tail, query.since).map(shown);
  if (lines.length > 0) response.write(`${lines.join("\n")}\n`);
  if (!query.follow) {
    response.end();
    return;
  }
  // In the same turn as the tail was read: no line is missed, and none comes twice.
  const unfollow = log.follow((line) => {
    response.write(`${shown(line)}\n`);
    if (response.writableLength > UNREAD_BYTES_MAX) response.destroy();
  });
  response.once("close", unfollow);
  response.flushHeaders();
}
