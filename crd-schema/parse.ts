/** YAML (or JSON) text to plain values that know where each of their fields stands. Pure. */
import { Composer, isScalar, LineCounter, Parser, visit } from "yaml";
import type { CST, Document, YAMLError } from "yaml";
import type { Problem } from "./spec.ts";
import { DOCUMENTS_MAX, tooDeep, tooManyTokens } from "./yaml/limits.ts";
import { plainValue } from "./yaml/plain-value.ts";
import { locatorOf } from "./yaml/positions.ts";
import type { Locator, Position } from "./yaml/positions.ts";
import { syntaxMessage } from "./yaml/syntax-messages.ts";

export interface ParsedDocument {
  readonly file: string;
  /** 1-based line of its first key. */
  readonly line: number;
  /** A tree of JSON values. */
  readonly value: unknown;
  readonly locate: Locator;
}

export interface ParsedText {
  readonly documents: readonly ParsedDocument[];
  readonly problems: readonly Problem[];
}

const BYTE_ORDER_MARK = "\uFEFF";
/** `<<` merges; schema and version are YAML 1.2's, so that `no` and `on` are text. */
const OPTIONS = { merge: true, prettyErrors: false, strict: true, uniqueKeys: true } as const;
/** How often aliases may be expanded; the yaml library's measure against alias bombs. */
const ALIASES_MAX = 100;

/**
 * @param file only named in the problems
 * @returns the documents that are sound YAML; the problems of those that are not. A document with
 *   a syntax error is never among the documents, for half a spec must not be taken for a whole one.
 */
export function parseDocuments(text: string, file: string): ParsedText {
  const source = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const lines = new LineCounter();
  const problemAt = (offset: number, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return problem(file, { line: Math.max(1, line), column: Math.max(1, col) }, message);
  };
  const excess = tooManyTokens(source) ?? control(source);
  if (excess !== null) {
    countLines(source, lines);
    return { documents: [], problems: [problemAt(excess.offset, excess.message)] };
  }
  const tokens = [...new Parser(lines.addNewLine).parse(source)];
  for (const token of tokens) {
    const deep = token.type === "document" ? tooDeep(token) : null;
    if (deep !== null) return { documents: [], problems: [problemAt(deep.offset, deep.message)] };
  }
  if (documentsIn(tokens) > DOCUMENTS_MAX) {
    const message = `The file has more than ${DOCUMENTS_MAX} documents: split it.`;
    return { documents: [], problems: [problem(file, null, message)] };
  }
  const documents: ParsedDocument[] = [];
  const problems: Problem[] = [];
  for (const document of new Composer(OPTIONS).compose(tokens)) {
    if (isEmpty(document)) continue;
    const found = problemsOf(document, problemAt);
    if (found.length === 0) {
      const read = valueOf(document);
      if ("value" in read) documents.push(parsed(document, read.value, file, lines));
      else found.push(problemAt(startOf(document), read.error));
    }
    problems.push(...found);
  }
  if (documents.length === 0 && problems.length === 0) {
    problems.push(problem(file, null, EMPTY));
  }
  return { documents, problems };
}

const EMPTY =
  "The file holds no document: it is empty, or has comments only. " +
  "A cluster begins with `apiVersion: jupytercluster.dev/v1alpha1`.";

function parsed(
  document: Document,
  value: unknown,
  file: string,
  lines: LineCounter,
): ParsedDocument {
  const locate = locatorOf(document, lines);
  return { file, line: locate([]).line, value, locate };
}

function documentsIn(tokens: readonly CST.Token[]): number {
  return tokens.filter((token) => token.type === "document").length;
}

/** Nothing between two `---`, or before the first: kubectl passes over it, too. */
function isEmpty(document: Document): boolean {
  const { contents, errors } = document;
  if (errors.length > 0) return false;
  return contents === null || (isScalar(contents) && contents.source === "");
}

function problemsOf(
  document: Document,
  problemAt: (offset: number, message: string) => Problem,
): Problem[] {
  const repeated = document.errors.filter((e) => e.code === "DUPLICATE_KEY");
  // What follows the first real syntax error is mostly its consequence.
  const broken = document.errors.filter((e) => e.code !== "DUPLICATE_KEY").slice(0, 1);
  const odd = document.warnings.filter((w) => w.code !== "BAD_DIRECTIVE");
  const errors: YAMLError[] = [...broken, ...repeated];
  const problems = [...errors, ...odd].map((error) =>
    problemAt(error.pos[0], syntaxMessage(error.code, error.message)),
  );
  if (problems.length === 0) problems.push(...keyProblems(document, problemAt));
  return problems;
}

/** YAML allows any value as a key; JSON, and so a spec, only text. */
function keyProblems(
  document: Document,
  problemAt: (offset: number, message: string) => Problem,
): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Pair(_, pair) {
      if (pair.key === null || isScalar(pair.key)) return undefined;
      const offset = (pair.key as { range?: readonly number[] }).range?.[0] ?? 0;
      problems.push(problemAt(offset, "A mapping or a list cannot be the name of a field."));
      return visit.BREAK;
    },
  });
  return problems;
}

function valueOf(document: Document): { value: unknown } | { error: string } {
  try {
    return { value: plainValue(document.toJS({ maxAliasCount: ALIASES_MAX })) };
  } catch (error) {
    // An operating error of the person who wrote the file, whatever class the library gives it.
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Binary data and UTF-16 read as UTF-8 show themselves by NUL. */
function control(text: string): { offset: number; message: string } | null {
  const offset = text.indexOf("\0");
  if (offset === -1) return null;
  return { offset, message: "The file holds a NUL character: it is not a YAML text in UTF-8." };
}

function countLines(text: string, lines: LineCounter): void {
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    lines.addNewLine(at + 1);
  }
}

function startOf(document: Document): number {
  return document.contents?.range?.[0] ?? 0;
}

function problem(file: string, position: Position | null, message: string): Problem {
  const { line, column } = position ?? { line: null, column: null };
  return { severity: "error", file, line, column, field: "", message };
}
