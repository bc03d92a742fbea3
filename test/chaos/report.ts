/** Figures of a run, as JSON and as a table for people. Pure. */
import type { WriterReport } from "../support/etcd/key-writer.ts";

export interface GroupRecord {
  /** Seconds since the first fault could be. */
  readonly atSeconds: number;
  readonly faults: readonly {
    readonly kind: string;
    /** null: the target was gone already. */
    readonly what: string | null;
  }[];
  /** From the end of the last fault to Ready; null: it never got there, or nothing was done. */
  readonly recoveryMs: number | null;
}

export interface ChaosReport {
  readonly seed: number;
  readonly minutes: number;
  readonly interrupted: boolean;
  readonly groups: readonly GroupRecord[];
  /** null: it never got to verify. */
  readonly writer: Omit<WriterReport, "violations"> | null;
  readonly user: {
    readonly served: number;
    readonly failed: number;
    /** Failed while there was no controller, and so no proxy, or after the whole hold time. */
    readonly excused: number;
    readonly longestHeldMs: number;
    readonly cells: number;
  };
  /** What must not be, a sentence each. */
  readonly violations: readonly string[];
}

export interface Row {
  readonly kind: string;
  /** How often it was done. */
  readonly count: number;
  /** Of these, how often beside others. */
  readonly together: number;
  readonly missed: number;
  /** Times to Ready where it was done alone. */
  readonly recoveryMs: readonly number[];
}

const TOGETHER = "(several at the same time)";

export function rowsOf(groups: readonly GroupRecord[], kinds: readonly string[]): Row[] {
  const recoveries = (of: readonly GroupRecord[]) =>
    of.flatMap((group) => (group.recoveryMs === null ? [] : [group.recoveryMs]));
  const rows = kinds.map((kind) => {
    const done = groups.filter((g) => g.faults.some((f) => f.kind === kind && f.what !== null));
    const missed = groups.filter((g) => g.faults.some((f) => f.kind === kind && f.what === null));
    const alone = done.filter((g) => g.faults.length === 1);
    return {
      kind,
      count: done.length,
      together: done.length - alone.length,
      missed: missed.length,
      recoveryMs: recoveries(alone),
    };
  });
  const several = groups.filter((g) => g.faults.length > 1);
  const together = { kind: TOGETHER, count: several.length, together: several.length, missed: 0 };
  return [...rows, { ...together, recoveryMs: recoveries(several) }];
}

/** Nearest rank; null of nothing. `fraction` 0.99 of few values is their maximum. */
export function percentile(values: readonly number[], fraction: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? null;
}

export function reportText(report: ChaosReport, kinds: readonly string[]): string {
  const { writer, user, violations } = report;
  return [
    faultTable(rowsOf(report.groups, kinds)),
    "",
    writer === null
      ? "Writer: not verified."
      : `Writer: ${writer.acknowledged} writes acknowledged, ${writer.lost.length} of them lost; ` +
        `${writer.unknown} without an answer, ${writer.unknownStored} of them stored; ` +
        `longest time without an acknowledged write ${writer.longestGapMs} ms.`,
    `User: ${user.served} requests served, ${user.failed} failed, ${user.excused} more ` +
      `while the controller was away; longest held ${user.longestHeldMs} ms; ${user.cells} cells run.`,
    `Seed ${report.seed}, ${report.minutes} min${report.interrupted ? ", interrupted" : ""}.`,
    violations.length === 0
      ? "No violation."
      : [`${violations.length} violations:`, ...violations.map((v) => `- ${v}`)].join("\n"),
  ].join("\n");
}

function faultTable(rows: readonly Row[]): string {
  const ms = (value: number | null) => (value === null ? "" : String(Math.round(value)));
  const head = ["fault", "count", "beside others", "missed", "to Ready p50 ms", "p99 ms", "max ms"];
  const cells = rows.map(({ kind, count, together, missed, recoveryMs }) => [
    kind,
    String(count),
    String(together),
    String(missed),
    ...[0.5, 0.99, 1].map((fraction) => ms(percentile(recoveryMs, fraction))),
  ]);
  const widths = head.map((title, c) =>
    Math.max(title.length, ...cells.map((row) => row[c]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((text, c) => (c === 0 ? text.padEnd(widths[c] ?? 0) : text.padStart(widths[c] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(head), rule, ...cells.map(line)].join("\n");
}
