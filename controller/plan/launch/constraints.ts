/**
 * Placement constraints with Marathon's meaning: the value of a field is the agent's host name or
 * its attribute as text; a regular expression must match the whole value; an agent without the
 * attribute satisfies only UNLIKE.
 */
import type { PlacementConstraint } from "../../../crd-schema/spec.ts";
import { matchesWhole } from "../../../crd-schema/values/expression.ts";
import type { Attribute } from "../../mesos/wire.ts";
import { attributeText } from "../../model/offer.ts";

/** What constraints look at, of an agent and of a placed node alike. */
export interface Place {
  readonly hostname: string;
  readonly attributes: readonly Attribute[];
}

/** Value of `hostname` or of an attribute, as text; null: the agent has no such attribute, or of no known type. */
export function fieldValue(place: Place, field: string): string | null {
  if (field === "hostname") return place.hostname;
  const attribute = place.attributes.find((a) => a.name === field);
  return attribute === undefined ? null : attributeText(attribute);
}

/** Why `place` may not have another node, as an end of "agent x …"; null: it may. */
export function violation(
  { field, operator, value }: PlacementConstraint,
  place: Place,
  placed: readonly Place[],
): string | null {
  const own = fieldValue(place, field);
  if (own === null) {
    return operator === "UNLIKE" ? null : `has no attribute ${field}, which ${operator} needs`;
  }
  const others = placed.map((node) => fieldValue(node, field));
  const same = others.filter((other) => other === own).length;
  switch (operator) {
    case "UNIQUE":
      return same === 0 ? null : `has a node with ${field} ${own} already (UNIQUE)`;
    case "MAX_PER":
      return same < Number(value)
        ? null
        : `has ${same} nodes with ${field} ${own} (MAX_PER ${value})`;
    case "CLUSTER": {
      const wanted = value ?? others.find((other) => other !== null) ?? own;
      return own === wanted ? null : `has ${field} ${own}, not ${wanted} (CLUSTER)`;
    }
    case "GROUP_BY":
      return unevenness({ field, own, value }, others);
    case "LIKE":
      return matches(own, value) ? null : `has ${field} ${own}, not LIKE ${value}`;
    case "UNLIKE":
      return matches(own, value) ? `has ${field} ${own}, but UNLIKE ${value}` : null;
  }
}

/**
 * Nodes are shared out evenly among the values that have any; one that has none yet may always be taken,
 * and must be while there are fewer values than the constraint's number.
 */
function unevenness(
  { field, own, value }: { readonly field: string; readonly own: string; value: string | null },
  others: readonly (string | null)[],
): string | null {
  const counts = new Map<string, number>();
  for (const other of others) {
    if (other !== null) counts.set(other, (counts.get(other) ?? 0) + 1);
  }
  const count = counts.get(own);
  if (count === undefined) return null;
  const has = `has ${count} nodes with ${field} ${own}`;
  if (counts.size < Number(value ?? 0)) {
    return `${has}, and ${counts.size} of ${value} values have any (GROUP_BY ${value})`;
  }
  const fewest = Math.min(...counts.values());
  return count === fewest ? null : `${has}, others have ${fewest} (GROUP_BY)`;
}

/** The expression was compiled once already, when the spec was checked. */
function matches(text: string, expression: string | null): boolean {
  return matchesWhole(text, expression ?? "");
}
