/** The parts of JSON Schema that the contract uses, and finding one's way in it. */
import type { Path } from "./field-path.ts";

export interface SchemaPart {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
  readonly format?: string;
  readonly patternErrorMessage?: string;
  readonly not?: { readonly enum?: readonly unknown[] };
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaPart;
  readonly items?: SchemaPart;
  readonly default?: unknown;
}

export function typesOf(part: SchemaPart): readonly string[] {
  if (part.type === undefined) return [];
  return typeof part.type === "string" ? [part.type] : part.type;
}

/** Every field with this name, wherever in the contract it is. */
export function pathsOfField(root: SchemaPart, name: string): readonly Path[] {
  const found: Path[] = [];
  const open: { readonly part: SchemaPart; readonly path: Path }[] = [{ part: root, path: [] }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const [key, part] of Object.entries(next.part.properties ?? {})) {
      const path = [...next.path, key];
      if (key === name) found.push(path);
      open.push({ part, path });
    }
  }
  return found;
}
