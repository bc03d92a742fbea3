/**
 * Takes a guard away from the planner's source: in what a bundler reads, never in the work tree.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GUARDS, type Guard } from "./guards.ts";

/** Of the repository, whether this runs from its sources or from dist/. */
export const ROOT = rootAbove(fileURLToPath(new URL(".", import.meta.url)));
const PLANNER = join(ROOT, "controller", "plan");

export interface Removal {
  /** Absolute. */
  readonly file: string;
  /** What the file says without the guard. */
  readonly text: string;
}

/**
 * @throws Error that names the guard when the planner's source has it no more, or more than once
 */
export function removalOf(guard: Guard, sources = plannerSources()): Removal {
  const pattern = patternOf(guard.find);
  const hits = [...sources].flatMap(([file, text]) =>
    [...text.matchAll(pattern)].map(() => ({ file, text })),
  );
  const [hit] = hits;
  if (hit === undefined || hits.length > 1) {
    const found = hits.length === 0 ? "is no longer found" : `is found ${hits.length} times`;
    throw new Error(
      `guard ${guard.name} (${guard.keeps}) ${found} in controller/plan: ` +
        "give it its present text in test/simulation/guards/guards.ts",
    );
  }
  return { file: hit.file, text: hit.text.replace(pattern, () => guard.replacement) };
}

/** @throws Error when there is none of this name */
export function guardOf(name: string): Guard {
  const guard = GUARDS.find((g) => g.name === name);
  if (guard !== undefined) return guard;
  throw new Error(`there is no guard ${name}; there are ${GUARDS.map((g) => g.name).join(", ")}`);
}

/** Absolute file name -> text. */
export function plannerSources(): ReadonlyMap<string, string> {
  const names = readdirSync(PLANNER, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".ts")).map((name) => join(PLANNER, name));
  return new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
}

/** However the formatter broke its lines. */
function patternOf(text: string): RegExp {
  const words = text.trim().split(/\s+/);
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(escaped.join(String.raw`\s+`), "g");
}

function rootAbove(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error("no package.json above the simulator");
  return rootAbove(above);
}
