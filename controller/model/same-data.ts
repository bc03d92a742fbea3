/**
 * Whether two values of plain JSON data say the same. Data that is only ever replaced, never
 * changed, shares most of its parts with what it was made from: whatever is the very same is not
 * looked into, so that comparing costs by what differs, not by what there is.
 *
 * @param ignored names of fields, at any depth, whose values make no difference
 */
export function sameData(a: unknown, b: unknown, ignored?: ReadonlySet<string>): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return sameList(a, b, ignored);
  return covers(a, b, ignored, true) && covers(b, a, ignored, false);
}

function sameList(a: object, b: object, ignored?: ReadonlySet<string>): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, i) => sameData(item, b[i], ignored));
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Every field of `a` is in `b`; with `deep`, and says the same. One that is undefined is not there.
 */
function covers(
  a: object,
  b: object,
  ignored: ReadonlySet<string> | undefined,
  deep: boolean,
): boolean {
  for (const [name, value] of Object.entries(a)) {
    if (value === undefined || ignored?.has(name) === true) continue;
    const other = (b as Fields)[name];
    if (deep ? !sameData(value, other, ignored) : other === undefined) return false;
  }
  return true;
}

/**
 * `after`, made of the parts of `before` wherever both say the same: what was just parsed shares
 * nothing with what was known, and would be compared to its last leaf each time from then on.
 */
export function withSharedParts<T>(before: unknown, after: T): T {
  if (before === after) return after;
  if (typeof before !== "object" || typeof after !== "object") return after;
  if (before === null || after === null) return after;
  const isList = Array.isArray(after);
  if (isList !== Array.isArray(before)) return after;
  const earlier = before as Fields;
  const names = Object.keys(after);
  const parts = names.map((name) => withSharedParts(earlier[name], (after as Fields)[name]));
  const same = names.every((name, i) => earlier[name] === parts[i]);
  if (same && names.length === Object.keys(before).length) return before as T;
  return (isList ? parts : Object.fromEntries(names.map((name, i) => [name, parts[i]]))) as T;
}
