/** From the text of spec files to clusters: parse, validate, compile, check. Pure. */
import { errorAt } from "./checks/check.ts";
import type { Located } from "./checks/check.ts";
import { checkStorageType } from "./checks/storage.ts";
import { compileManifest } from "./compile.ts";
import { conflictsBetween } from "./conflicts.ts";
import { crossCheck } from "./cross-checks.ts";
import { parseDocuments } from "./parse.ts";
import type { ParsedDocument } from "./parse.ts";
import type { CompiledCluster, Problem } from "./spec.ts";
import { byPlace, isManifest, validateDocument } from "./validate.ts";
import type { Locator } from "./yaml/positions.ts";

/** One file, before it is held against the others. */
export interface CompiledText {
  readonly documents: readonly CompiledDocument[];
  /** Of the file as a whole, and of documents that are no YAML. */
  readonly problems: readonly Problem[];
}

interface CompiledDocument {
  /** Null: it has errors. */
  readonly located: Located | null;
  readonly problems: readonly Problem[];
}

export interface LoadedManifests {
  /** Those without an error; warnings do not hold them back. */
  readonly clusters: readonly CompiledCluster[];
  /** In the order of the files, and of the places in each. */
  readonly problems: readonly Problem[];
  /** Where the fields of each of `clusters` stand, for checks that come later. */
  readonly locators: ReadonlyMap<CompiledCluster, Locator>;
}

/** The clusters of one text. @param file named in problems and in `source` */
export function parseManifest(text: string, file: string): LoadedManifests {
  return resolveConflicts([compileText(text, file)]);
}

export function compileText(text: string, file: string): CompiledText {
  const { documents, problems } = parseDocuments(text, file);
  return { documents: documents.map(compileDocument), problems };
}

export function compileDocument(document: ParsedDocument): CompiledDocument {
  const { value, file, line, locate } = document;
  const problems = validateDocument(document);
  if (problems.length > 0 || !isManifest(value)) return { located: null, problems };
  const shape = checkStorageType(document, value);
  if (shape.length > 0) return { located: null, problems: shape };
  const located = { cluster: compileManifest(value, { file, line }), locate };
  const found = crossCheck(located);
  return { located: hasError(found) ? null : located, problems: found };
}

/** Every two clusters are compared. */
const CLUSTERS_MAX = 256;

/** Holds the clusters of all files against each other. */
export function resolveConflicts(texts: readonly CompiledText[]): LoadedManifests {
  const documents = texts.flatMap((text) => text.documents);
  const all = documents.map((document) => document.located).filter((l) => l !== null);
  const located = all.slice(0, CLUSTERS_MAX);
  const conflicts = conflictsBetween(located);
  const surplus = `The files describe ${all.length} clusters; allowed: at most ${CLUSTERS_MAX}.`;
  for (const one of all.slice(CLUSTERS_MAX)) conflicts.set(one, [errorAt(one, [], surplus)]);
  const sound = located.filter((l) => !hasError(conflicts.get(l) ?? []));
  return {
    clusters: sound.map((l) => l.cluster),
    problems: texts.flatMap((text) => problemsOf(text, conflicts)),
    locators: new Map(sound.map((l) => [l.cluster, l.locate])),
  };
}

function problemsOf(
  text: CompiledText,
  conflicts: ReadonlyMap<Located, readonly Problem[]>,
): Problem[] {
  const ofDocuments = text.documents.flatMap(({ located, problems }) => [
    ...problems,
    ...(located === null ? [] : (conflicts.get(located) ?? [])),
  ]);
  return [...text.problems, ...ofDocuments].sort(byPlace);
}

function hasError(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
