/** Real log lines of etcd 3.5.16, read and folded as the agent does. */
import { readFileSync } from "node:fs";
import {
  type ElectionLog,
  foldElections,
  NO_ELECTIONS,
} from "../../../agent-image/agent/etcd/election-log.ts";
import { type EtcdLogEvent, parseLogLine } from "../../../agent-image/agent/etcd/log-line.ts";

export function capturedLines(name: string): readonly string[] {
  const url = new URL(`fixtures/${name}.jsonl`, import.meta.url);
  return readFileSync(url, "utf8").trim().split("\n");
}

export function eventsOf(lines: readonly string[]): readonly EtcdLogEvent[] {
  return lines.flatMap((line) => parseLogLine(line, 0)?.event ?? []);
}

export function electionsOf(lines: readonly string[], before = NO_ELECTIONS): ElectionLog {
  return lines.reduce((log, line) => {
    const parsed = parseLogLine(line, 0);
    return parsed === null ? log : foldElections(log, parsed.event, parsed.at);
  }, before);
}
