/**
 * How a cluster stands that was Ready once, as the lines of a log: whether it still is, and if not,
 * what it waits for. Events tell what happens; a wait is none. Pure.
 */
import type { Condition, JupyterClusterObject } from "../../model/resource.ts";

export interface Standing {
  /** The same as long as there is no news; numbers that count on are none. */
  readonly key: string;
  readonly line: string;
}

export function standingOf({ status }: JupyterClusterObject): Standing | null {
  const ready = status.conditions.find(({ type }) => type === "Ready");
  if (ready === undefined) return null;
  const progressing = status.conditions.find(({ type }) => type === "Progressing");
  if (ready.status === "True" && progressing?.status === "True") {
    return { key: keyOf(progressing, progressing.message), line: lineOf(progressing) };
  }
  // What a node waits for is news; what it still lacks on its way up is not.
  const waits = status.nodes.find(({ message }) => message !== "")?.message ?? "";
  return { key: keyOf(ready, waits), line: lineOf(ready) };
}

function keyOf({ type, status, reason }: Condition, message: string): string {
  return [type, status, (message || reason).replaceAll(/\d+/g, "#")].join("\u0000");
}

function lineOf({ type, status, reason, message }: Condition): string {
  return `${type} is ${status} (${reason})${message === "" ? "" : `: ${message}`}`;
}
