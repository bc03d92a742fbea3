/** A spec file's text with another spec in it: comments and all else of it stay. Pure. */
import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from "yaml";
import { compileText } from "./documents.ts";
import { parseDocuments } from "./parse.ts";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

type Value = Readonly<Record<string, unknown>>;

/**
 * @param spec as it was written, without defaults
 * @returns null: the cluster cannot be found in the text, or the text would not say what is wanted
 */
export function textWithSpec(text: string, place: Place, spec: Value): string | null {
  // Also what is too large or too deep to be looked at.
  if (parseDocuments(text, "").problems.length > 0) return null;
  const documents = documentsOf(text);
  const document = documents.find((one) => isOf(one, place));
  if (document === undefined) return null;
  const at = documents.indexOf(document);
  const wanted = valuesOf(documents).map((value, i) => (i === at ? { ...value, spec } : value));
  if (hasAliases(document))
    document.contents = document.createNode(wanted[at]) as typeof document.contents;
  else change(document, spec);
  const edited = written(documents, text);
  return says(edited, wanted, place) ? edited : null;
}

/** What one place says, another stands for: nothing can be changed alone. */
function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function documentsOf(text: string): Document[] {
  return parseAllDocuments(text, { merge: true }) as Document[];
}

function valuesOf(documents: readonly Document[]): Value[] {
  return documents.map((document) => document.toJS() as Value);
}

function isOf(document: Document, { namespace, name }: Place): boolean {
  if (!isMap(document.contents)) return false;
  const found = document.getIn(["metadata", "namespace"]) ?? "default";
  return document.getIn(["metadata", "name"]) === name && found === namespace;
}

function change(document: Document, spec: Value): void {
  const node = document.get("spec", true);
  if (isMap(node)) changeMap(document, node, spec);
  else document.set("spec", document.createNode(spec));
}

/** What does not differ is not touched, so that its comments and its form stay. */
function changeMap(document: Document, map: YAMLMap, wanted: Value): void {
  const keys = map.items.map(({ key }) => String(isScalar(key) ? key.value : key));
  for (const key of keys) if (!(key in wanted)) map.delete(key);
  for (const [key, value] of Object.entries(wanted)) {
    const node = map.get(key, true);
    const found: unknown = node?.toJS(document);
    if (node !== undefined && isDeepStrictEqual(found, value)) continue;
    if (isMap(node) && isPlain(value)) changeMap(document, node, value);
    else if (isScalar(node) && !isObject(value)) node.value = value;
    else if (isSeq(node) && Array.isArray(value)) {
      node.items = value.map((item, i) => {
        const old = node.items.find((one) => isDeepStrictEqual(toJs(one, document), item));
        return old ?? document.createNode(value[i]);
      });
    } else map.set(key, document.createNode(value));
  }
}

function toJs(item: unknown, document: Document): unknown {
  return isMap(item) || isSeq(item) || isScalar(item) ? item.toJS(document) : item;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isPlain(value: unknown): value is Value {
  return isObject(value) && !Array.isArray(value);
}

/** A text that was JSON stays JSON. */
function written(documents: readonly Document[], before: string): string {
  if (documents.length === 1 && /^\s*\{/.test(before)) {
    return `${JSON.stringify(documents[0]?.toJS(), null, 2)}\n`;
  }
  return documents.map((document) => document.toString({ lineWidth: 0 })).join("");
}

/** The spec as wanted, which is a valid one, and everything else as it was. */
function says(text: string, wanted: readonly Value[], { namespace, name }: Place): boolean {
  const isPlace = (ref: Place) => ref.namespace === namespace && ref.name === name;
  if (!isDeepStrictEqual(valuesOf(documentsOf(text)), wanted)) return false;
  const { documents } = compileText(text, "");
  return documents.some(({ located }) => located !== null && isPlace(located.cluster.metadata));
}
