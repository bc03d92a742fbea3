/** Aliases make a composed document a graph; a spec is a tree of JSON values. */

/** Far more than a cluster can have, far less than what an alias bomb makes of a few lines. */
const VALUES_MAX = 20_000;
const DEPTH_MAX = 64;

export class NotPlainError extends Error {
  override readonly name = "NotPlainError";
}

/**
 * A copy of `value` in which nothing is shared.
 *
 * @throws {NotPlainError} what a spec may not hold (a set, binary data, an alias to its own
 *   parent), or more than a spec can need
 */
export function plainValue(value: unknown): unknown {
  const budget = { left: VALUES_MAX };
  return copyOf(value, budget, 0);
}

function copyOf(value: unknown, budget: { left: number }, depth: number): unknown {
  budget.left -= 1;
  if (budget.left < 0) {
    throw new NotPlainError(`The aliases make more than ${VALUES_MAX} values of this document.`);
  }
  if (depth > DEPTH_MAX) {
    throw new NotPlainError(
      "An alias refers to something that contains it, or is nested too deeply.",
    );
  }
  if (typeof value !== "object" || value === null) return scalarOf(value);
  if (Array.isArray(value)) return value.map((item) => copyOf(item, budget, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotPlainError(
      `A ${value.constructor?.name ?? "special value"} is not allowed: only mappings, lists, ` +
        "text, numbers, true, false and null are.",
    );
  }
  // fromEntries defines own properties, so that a key `__proto__` stays an (unknown) field.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, copyOf(item, budget, depth + 1)]),
  );
}

function scalarOf(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "function" || typeof value === "symbol") {
    throw new NotPlainError(`A ${typeof value} is not allowed.`);
  }
  return value;
}
