/** The specs that were in force, where the controller tells of them. Pure. */

export interface Generation {
  readonly generation: number;
  /** RFC 3339; null: not noted. */
  readonly at: string | null;
  /** Against the one before; null: that is not kept. */
  readonly changes:
    | readonly {
        readonly field: string;
        readonly from?: unknown;
        readonly to?: unknown;
      }[]
    | null;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** `spec.replicas: 3 → 5, …`, one line. */
export function changesText({ changes }: Generation): string {
  if (changes === null) return "the first that is kept";
  if (changes.length === 0) return "nothing but labels or annotations";
  return changes
    .map(({ field, from, to }) => `${field}: ${valueText(from)} → ${valueText(to)}`)
    .join(", ");
}

function valueText(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export type DiffLine = {
  readonly kind: "added" | "removed" | "place" | "same";
  readonly text: string;
};

/** Of a unified diff, without the names of what is compared. */
export function diffLines(diff: string): readonly DiffLine[] {
  return diff
    .split("\n")
    .filter((line) => line !== "" && !/^(?:---|\+\+\+|=+$)/.test(line))
    .map((text) => ({ kind: KINDS[text[0] ?? ""] ?? "same", text }));
}

const KINDS: Readonly<Record<string, DiffLine["kind"]>> = {
  "+": "added",
  "-": "removed",
  "@": "place",
};
