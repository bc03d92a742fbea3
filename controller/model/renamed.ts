/** What early 0.1.0 called otherwise, in what it stored and in what its agents say. Pure. */

const RENAMED: ReadonlyMap<string, string> = new Map([
  ["order", "startCommand"],
  ["orderId", "commandId"],
  ["silentSince", "agentUnreachableSince"],
  ["spentMemberId", "retiredMemberId"],
  ["reseed", "inProgress"],
  ["unconfirmed", "pendingVoterChange"],
]);

/** Twice as deep as anything of ours; a text of JSON may be nested deeper than a stack. */
const DEPTH_MAX = 40;

/** Of data whose keys are all ours: a person's own keys might be called the same. */
export function withPresentNames(value: unknown): unknown {
  return renamed(value, 0);
}

function renamed(value: unknown, depth: number): unknown {
  if (value === "awaiting-order") return "awaiting-start";
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return value;
  if (Array.isArray(value)) return value.map((part) => renamed(part, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [presentName(key, part), renamed(part, depth + 1)]),
  );
}

function presentName(key: string, value: unknown): string {
  if (key === "former") return Array.isArray(value) ? "previousVoters" : "previousLeader";
  return RENAMED.get(key) ?? key;
}
