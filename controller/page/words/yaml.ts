/** Plain data as YAML, for people to read and to copy: mappings, lists, texts, numbers. Pure. */

export function yamlOf(value: unknown): string {
  return isBranch(value) ? linesOf(value, "").join("\n") : scalar(value);
}

function linesOf(value: object, indent: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (!isBranch(item)) return [`${indent}- ${scalar(item)}`];
      const [first = "", ...rest] = linesOf(item, `${indent}  `);
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, item]) => {
    if (item === undefined) return [];
    const name = `${indent}${text(key)}:`;
    return isBranch(item) ? [name, ...linesOf(item, `${indent}  `)] : [`${name} ${scalar(item)}`];
  });
}

/** Not empty: `{}` and `[]` stand on the line of their key. */
function isBranch(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function scalar(value: unknown): string {
  return typeof value === "string" ? text(value) : (JSON.stringify(value) ?? "null");
}

/** Without quotes only what no reader of YAML takes for anything but a text. */
function text(value: string): string {
  const isPlain = /^[A-Za-z_/][\w./-]*( [\w./-]+)*$/.test(value);
  return isPlain && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
