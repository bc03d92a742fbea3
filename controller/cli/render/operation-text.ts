/** Operations told for a person. */
import { ageOf, shortDuration } from "./units.ts";
import { renderTable } from "./table.ts";
import { askerText } from "./asker-text.ts";
import type { OperationStatus } from "../../model/operation.ts";

const HEADER = ["ID", "STATE", "ASKED BY", "AGE", "TOOK", "MESSAGE"] as const;

/** As they come. */
export function operationsTable(operations: readonly OperationStatus[], now: number): string {
  return renderTable(HEADER, operations.map(rowOf(now)));
}

/** A line of its own each, without a header, as they change. */
export function operationLine(operation: OperationStatus, now: number): string {
  const [id = "", state = "", who = "", , took = "", message = ""] = rowOf(now)(operation);
  return `${id.padEnd(14)} ${state.padEnd(10)} ${took.padEnd(6)} ${message} (asked by ${who})\n`;
}

function rowOf(now: number): (operation: OperationStatus) => string[] {
  return (operation) => {
    const { id, state, askedBy, askedAt, startedAt, endedAt, attempts, message } = operation;
    const end = endedAt === null ? now : Date.parse(endedAt);
    const took = startedAt === null ? "-" : shortDuration(end - Date.parse(startedAt));
    const tries = attempts > 1 ? `attempt ${attempts}: ` : "";
    return [id, state, askerText(askedBy), ageOf(askedAt, now), took, `${tries}${message}`];
  };
}
