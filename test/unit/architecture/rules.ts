/** The rules of the house, each a function from the sources to what breaks it. */
import { dirname, join } from "node:path/posix";
import ts from "typescript";
import { GENERATED, LAYERS, LINES_MAX, PURE, PURE_PACKAGES } from "./layers.ts";

/** Text by path from the root of the repository. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  readonly line: number;
  /** Path of a file of ours, or name of a package. */
  readonly to: string;
  readonly isOurs: boolean;
}

/** Of types too, of whatever form: `import`, `export … from`, `import()`. */
function importsOf(from: string, text: string): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => {
    const isOurs = fileName.startsWith(".");
    const to = isOurs ? join(dirname(from), fileName) : fileName;
    return { from, line: text.slice(0, pos).split("\n").length, to, isOurs };
  });
}

function allImports(sources: Sources): Import[] {
  return [...sources].flatMap(([path, text]) => importsOf(path, text));
}

function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function isProduct(path: string): boolean {
  return !isBelow(path, "test");
}

/** The closest entry of the table; `controller` alone is the files directly in it. */
function layerOf(path: string): string | null {
  const fits = (layer: string) =>
    layer === "controller" ? dirname(path) === layer : isBelow(path, layer);
  const layers = Object.keys(LAYERS).filter(fits);
  return layers.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

export function brokenLayers(sources: Sources): string[] {
  const product = [...sources.keys()].filter(isProduct);
  const unplaced = product.filter((path) => layerOf(path) === null);
  const forbidden = allImports(sources).filter(({ from, to, isOurs }) => {
    const layer = layerOf(from);
    if (!isOurs || layer === null || layerOf(to) === layer) return false;
    return !LAYERS[layer]?.some((place) => isBelow(to, place));
  });
  return [
    ...unplaced.map((path) => `${path}:1 has no place in the table of layers`),
    ...forbidden.map(
      ({ from, line, to }) => `${from}:${line} imports ${to}: ${layerOf(from)} may not`,
    ),
  ];
}

export function importsOfTests(sources: Sources): string[] {
  return allImports(sources)
    .filter(({ from, to }) => isProduct(from) && !isProduct(to))
    .map(({ from, line, to }) => `${from}:${line} imports ${to}: the product uses no test`);
}

/** Each circle once, from its first file on. */
export function importCircles(sources: Sources): string[] {
  const targets = new Map<string, Import[]>();
  for (const one of allImports(sources)) {
    if (one.isOurs) targets.set(one.from, [...(targets.get(one.from) ?? []), one]);
  }
  const found: string[] = [];
  const done = new Set<string>();
  const reconcile = (path: string, way: readonly string[]) => {
    const start = way.indexOf(path);
    if (start >= 0) found.push([...way.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const { to } of targets.get(path) ?? []) reconcile(to, [...way, path]);
    done.add(path);
  };
  for (const path of [...sources.keys()].toSorted()) reconcile(path, []);
  return found.map((circle) => `${circle}: a circle of imports`);
}

export function longFiles(sources: Sources): string[] {
  const lengths = [...sources].map(([path, text]) => ({
    path,
    lines: text.split("\n").length - 1,
  }));
  return lengths
    .filter(({ path, lines }) => lines > LINES_MAX && !GENERATED.includes(path))
    .map(({ path, lines }) => `${path}:${lines} is longer than ${LINES_MAX} lines`);
}

const AMBIENT: ReadonlySet<string> = new Set([
  "process",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "crypto",
  "fetch",
  "globalThis",
]);

/** What pure code does although its arguments say nothing of it: time, chance, effects, waiting. */
export function impurities(sources: Sources): string[] {
  const found: string[] = [];
  for (const [path, text] of sources) {
    if (!PURE.some((place) => isBelow(path, place))) continue;
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const reconcile = (node: ts.Node) => {
      const what = impurityOf(node);
      if (what !== null) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        found.push(`${path}:${line + 1} has ${what}: pure code gets it as an argument, or not`);
      }
      ts.forEachChild(node, reconcile);
    };
    reconcile(file);
  }
  return found;
}

function impurityOf(node: ts.Node): string | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return impureImport(node);
  if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return "async";
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return "import()";
  }
  if (!ts.isIdentifier(node) || isNameOnly(node)) return null;
  if (AMBIENT.has(node.text)) return node.text;
  if (node.text === "Math" && propertyOf(node) === "random") return "Math.random";
  return node.text === "Date" && !isConversion(node) ? "Date" : null;
}

function impureImport(node: ts.ImportDeclaration | ts.ExportDeclaration): string | null {
  const { moduleSpecifier } = node;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return null;
  const name = moduleSpecifier.text;
  if (name.startsWith(".")) return null;
  const allowed = PURE_PACKAGES[name];
  if (allowed === null) return null;
  const clause = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : undefined;
  const names =
    clause !== undefined && ts.isNamedImports(clause)
      ? clause.elements.map((element) => (element.propertyName ?? element.name).text)
      : [];
  const fits = names.length > 0 && names.every((one) => allowed?.includes(one));
  return fits ? null : `an import of ${name}`;
}

/** The name of a property or of a field, not a variable. */
function isNameOnly(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent);
  return named && parent.name === node;
}

function propertyOf(node: ts.Identifier): string | null {
  const { parent } = node;
  return ts.isPropertyAccessExpression(parent) && parent.expression === node
    ? parent.name.text
    : null;
}

/** `new Date(given)` and `Date.parse(given)` convert a time and ask for none. */
function isConversion(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return (parent.arguments?.length ?? 0) > 0;
  return propertyOf(node) === "parse";
}
