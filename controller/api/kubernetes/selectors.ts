/** Which objects of a list a request is about: `labelSelector` and `fieldSelector`. */
import { StatusError } from "../status-error.ts";
import type { Kind } from "./kind.ts";
import type { KubernetesObject } from "./object.ts";

export type Selects<T> = (object: T) => boolean;

/** @throws StatusError BadRequest */
export function selectorOf<T extends KubernetesObject>(
  kind: Kind<T>,
  query: URLSearchParams,
): Selects<T> {
  const byLabel = labelSelector(query.get("labelSelector") ?? "");
  const byField = fieldSelector(kind, query.get("fieldSelector") ?? "");
  return (object) => byLabel(object.metadata.labels ?? {}) && byField(object);
}

type Labels = Readonly<Record<string, string>>;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const parts = text.trim() === "" ? [] : text.split(/,(?![^(]*\))/);
  const rules = parts.map(labelRule);
  return (labels) => rules.every((rule) => rule(labels));
}

const NAME = String.raw`[A-Za-z0-9][-A-Za-z0-9_./]*`;
const SET = new RegExp(String.raw`^(${NAME})\s+(in|notin)\s*\(([^()]*)\)$`);
const EQUAL = new RegExp(String.raw`^(${NAME})\s*(==|=|!=)\s*([-A-Za-z0-9_.]*)$`);
const EXISTS = new RegExp(String.raw`^(!?)\s*(${NAME})$`);

function labelRule(part: string): (labels: Labels) => boolean {
  const text = part.trim();
  const set = SET.exec(text);
  if (set !== null) {
    const [, name = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (labels) => values.includes(labels[name] ?? "\0") === (operator === "in");
  }
  const equal = EQUAL.exec(text);
  if (equal !== null) {
    const [, name = "", operator, value] = equal;
    return (labels) => (labels[name] === value) === (operator !== "!=");
  }
  const exists = EXISTS.exec(text);
  if (exists !== null) {
    const [, not, name = ""] = exists;
    return (labels) => name in labels === (not === "");
  }
  const message = `labelSelector: ${JSON.stringify(text)} is none of a=b, a!=b, a in (b,c), a notin (b), a, !a.`;
  throw new StatusError("BadRequest", message);
}

function fieldSelector<T extends KubernetesObject>(kind: Kind<T>, text: string): Selects<T> {
  const rules = text.trim() === "" ? [] : text.split(",").map((part) => fieldRule(kind, part));
  return (object) => rules.every((rule) => rule(object));
}

function fieldRule<T extends KubernetesObject>(kind: Kind<T>, part: string): Selects<T> {
  const [, name = "", operator = "", value = ""] =
    /^\s*([^=!\s]+)\s*(==|=|!=)(.*)$/.exec(part) ?? [];
  const fields: Record<string, (object: T) => string> = {
    "metadata.name": ({ metadata }) => metadata.name,
    ...(kind.namespaced
      ? { "metadata.namespace": ({ metadata }: T) => metadata.namespace ?? "" }
      : {}),
    ...kind.fields,
  };
  const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (read === undefined) {
    const known = Object.keys(fields).join(", ");
    const message = `fieldSelector: ${JSON.stringify(part)} is no condition on one of ${known}.`;
    throw new StatusError("BadRequest", message);
  }
  return (object) => (read(object) === value) === (operator !== "!=");
}
