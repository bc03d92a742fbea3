/** What 0.1.0 called otherwise, in what it stored and in what its agents say. Pure. */

const RENAMED: ReadonlyMap<string, string> = new Map([
  ["order", "startCommand"],
  ["orderId", "commandId"],
  ["silentSince", "agentUnreachableSince"],
  ["spentMemberId", "retiredMemberId"],
  ["reseed", "inProgress"],
  ["unconfirmed", "pendingVoterChange"],
]);

/** Of data whose keys are all ours: a person's own keys might be called the same. */
export function withPresentNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPresentNames);
  if (value === "awaiting-order") return "awaiting-start";
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [presentName(key, part), withPresentNames(part)]),
  );
}

function presentName(key: string, value: unknown): string {
  if (key === "former") return Array.isArray(value) ? "previousVoters" : "previousLeader";
  return RENAMED.get(key) ?? key;
}
