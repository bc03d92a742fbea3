/** Between two documents, as a JSON merge patch (RFC 7386). Pure. */

/** What makes `to` of `from`: null where something has to go. */
export function mergePatchBetween(from: object, to: object): Record<string, unknown> {
  const before = new Map(Object.entries(from));
  const after = new Map(Object.entries(to));
  const patch = new Map<string, unknown>();
  for (const key of before.keys()) if (!after.has(key)) patch.set(key, null);
  for (const [key, value] of after) {
    const old: unknown = before.get(key);
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    patch.set(key, isMapping(old) && isMapping(value) ? mergePatchBetween(old, value) : value);
  }
  // Of entries, for a key may be __proto__.
  return Object.fromEntries(patch);
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
