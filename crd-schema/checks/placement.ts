/** Each operator of a constraint has its own kind of value. */
import type { PlacementConstraint, Problem } from "../spec.ts";
import type { Path } from "../text/field-path.ts";
import { faultOfExpression } from "../values/expression.ts";
import { errorAt } from "./check.ts";
import type { Located } from "./check.ts";

export function checkConstraints(located: Located): Problem[] {
  const { constraints } = located.cluster.spec.placement;
  return constraints.flatMap((constraint, index) => {
    const path: Path = ["spec", "placement", "constraints", index, "value"];
    const message = wrongValue(constraint);
    return message === null ? [] : [errorAt(located, path, message)];
  });
}

function wrongValue({ operator, value }: PlacementConstraint): string | null {
  switch (operator) {
    case "UNIQUE":
      return value === null
        ? null
        : `Found ${JSON.stringify(value)}; allowed: UNIQUE takes no value.`;
    case "CLUSTER":
      return null;
    case "LIKE":
    case "UNLIKE":
      return wrongExpression(operator, value);
    case "GROUP_BY":
      return value === null ? null : wrongCount(operator, value);
    case "MAX_PER":
      return wrongCount(operator, value);
  }
}

function wrongCount(operator: string, value: string | null): string | null {
  if (value !== null && /^[1-9][0-9]{0,5}$/.test(value)) return null;
  return `${foundOrMissing(value)}; ${operator} needs a whole number of at least 1.`;
}

function wrongExpression(operator: string, value: string | null): string | null {
  if (value === null) return `This field is missing; ${operator} needs a regular expression.`;
  const fault = faultOfExpression(value);
  if (fault === null) return null;
  return `${foundOrMissing(value)}; ${operator} needs a regular expression of RE2 (${fault}).`;
}

function foundOrMissing(value: string | null): string {
  return value === null ? "This field is missing" : `Found ${JSON.stringify(value)}`;
}
