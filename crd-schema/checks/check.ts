/** What a check of one cluster gets, and how it reports. */
import type { CompiledCluster, Problem } from "../spec.ts";
import { fieldName } from "../text/field-path.ts";
import type { Path } from "../text/field-path.ts";
import type { Locator } from "../yaml/positions.ts";

/** A cluster that the schema accepts, with the places of its fields. */
export interface Located {
  readonly cluster: CompiledCluster;
  readonly locate: Locator;
}

/** One look at fields that must fit each other; empty: they do. */
export type Check = (located: Located) => Problem[];

export function errorAt(located: Located, path: Path, message: string): Problem {
  return problemAt("error", located, path, message);
}

export function warningAt(located: Located, path: Path, message: string): Problem {
  return problemAt("warning", located, path, message);
}

function problemAt(
  severity: Problem["severity"],
  { cluster, locate }: Located,
  path: Path,
  message: string,
): Problem {
  const { line, column } = locate(path);
  return { severity, file: cluster.source.file, line, column, field: fieldName(path), message };
}
