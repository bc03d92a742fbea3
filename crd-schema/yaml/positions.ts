/** Where in the text a field stands. */
import { isAlias, isMap, isPair, isScalar, isSeq } from "yaml";
import type { Document, LineCounter, Node, Pair } from "yaml";
import type { Path } from "../text/field-path.ts";

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * @param at `value`: what is wrong is the value; `key`: that the field is there at all. For a field
 *   that is not in the text, the nearest one around it.
 */
export type Locator = (path: Path, at?: "key" | "value") => Position;

/** A locator for values that come from no text. */
export const NOWHERE: Locator = () => ({ line: 1, column: 1 });

export function locatorOf(document: Document, lines: LineCounter): Locator {
  return (path, at = "value") => {
    const found = lines.linePos(offsetOf(document, path, at));
    return { line: Math.max(1, found.line), column: Math.max(1, found.col) };
  };
}

function offsetOf(document: Document, path: Path, at: "key" | "value"): number {
  let node = document.contents as Node | null;
  let offset = startOf(node);
  for (const [index, part] of path.entries()) {
    const child = childNode(resolved(node, document), part, document);
    if (child === null) return offset;
    const last = index === path.length - 1;
    const pointAtKey = (last && at === "key") || isEmpty(child.value);
    offset = pointAtKey ? child.keyOffset : startOf(child.value);
    // A missing field of a mapping is told at the mapping's own name, not at its first entry.
    if (!last && isMap(child.value) && !hasChild(child.value, path[index + 1], document)) {
      return child.keyOffset;
    }
    node = child.value;
  }
  return offset;
}

interface Child {
  readonly keyOffset: number;
  readonly value: Node | null;
}

function hasChild(node: Node, part: string | number | undefined, document: Document): boolean {
  return part !== undefined && childNode(node, part, document) !== null;
}

/** Merges of merges that are followed; also ends a mapping that merges itself. */
const MERGES_MAX = 8;

function childNode(
  node: Node | null,
  part: string | number,
  document: Document,
  merges = 0,
): Child | null {
  if (isSeq(node)) {
    const item = typeof part === "number" ? (node.items[part] as Node | undefined) : undefined;
    return item === undefined ? null : { keyOffset: startOf(item), value: item };
  }
  if (!isMap(node)) return null;
  const pairs = node.items.filter(isPair) as Pair<Node, Node | null>[];
  const own = pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(part));
  if (own !== undefined) return { keyOffset: startOf(own.key), value: own.value };
  if (merges === MERGES_MAX) return null;
  for (const pair of pairs) {
    // The merge tag makes a symbol of the key's value.
    if (!isScalar(pair.key) || pair.key.source !== "<<") continue;
    const merged = mergedChild(pair.value, part, document, merges + 1);
    if (merged !== null) return merged;
  }
  return null;
}

/** A field that came by a merge key (`<<: *base`, or a list of aliases). */
function mergedChild(
  value: Node | null,
  part: string | number,
  document: Document,
  merges: number,
): Child | null {
  const source = resolved(value, document);
  if (isMap(source)) return childNode(source, part, document, merges);
  if (!isSeq(source)) return null;
  for (const item of source.items) {
    const found = childNode(resolved(item as Node, document), part, document, merges);
    if (found !== null) return found;
  }
  return null;
}

function resolved(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.source === "");
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
