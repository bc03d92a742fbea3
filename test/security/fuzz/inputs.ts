/** Hostile inputs of all kinds: valid ones with something wrong in them, and plain noise. */
import fc from "fast-check";

/** Values that a reader did not think of. */
const ODD_VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e308, 2 ** 53, "", "\ud800", "\u0000", "__proto__", "a\nb", "0x10"],
  ...[
    "Infinity",
    "9".repeat(400),
    "ä".repeat(300),
    [],
    {},
    [null],
    [[]],
    { toString: 1, valueOf: 1 },
  ],
  ...[{ length: 1e9 }, { constructor: null }, { value: {} }, JSON.parse('{"__proto__":{"a":1}}')],
];

const oddValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ODD_VALUES) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);

const change = fc.record({
  at: fc.nat(10_000),
  how: fc.constantFrom("replace", "remove", "add", "double"),
  key: fc.constantFrom("__proto__", "constructor", "toString", "value", "type", "x", "0"),
  value: oddValue,
});
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

type Holder = Record<string, unknown>;

/** Every place in the value: what holds it, and under which key. */
function placesIn(root: Holder): (readonly [Holder, string])[] {
  const places: (readonly [Holder, string])[] = [];
  const walk = (holder: Holder) => {
    for (const [key, inner] of Object.entries(holder)) {
      places.push([holder, key]);
      if (typeof inner === "object" && inner !== null) walk(inner as Holder);
    }
  };
  walk(root);
  return places;
}

function changed(valid: unknown, changes: readonly Change[]): unknown {
  const root: Holder = { value: structuredClone(valid) };
  for (const { at, how, key, value } of changes) {
    const places = placesIn(root);
    const [holder, name] = places[at % places.length] ?? [root, "value"];
    const inner = holder[name];
    if (how === "replace") holder[name] = structuredClone(value);
    else if (how === "remove") delete holder[name];
    else if (Array.isArray(inner)) inner.push(how === "add" ? structuredClone(value) : inner[0]);
    else if (typeof inner === "object" && inner !== null)
      define(inner, key, structuredClone(value));
  }
  return root["value"];
}

/** An own property, whatever it is called. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

/** One of the values, with up to four places of it changed; sometimes unchanged. */
export function changedValue(...valid: readonly unknown[]): fc.Arbitrary<unknown> {
  const changes = fc.array(change, { maxLength: 4 });
  return fc.tuple(fc.constantFrom(...valid), changes).map(([one, list]) => changed(one, list));
}

const textEdit = fc.record({
  at: fc.nat(100_000),
  cut: fc.nat(12),
  put: fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constantFrom(
      "\0",
      "\n",
      "\r\n",
      "\ud800",
      "__proto__",
      "[".repeat(2000),
      "{",
      '"',
      ":",
      "@",
    ),
    fc.constantFrom("9".repeat(30), "-", "%", "/../", "*", "(", "&a *a", "\t", "\u2028", "1e999"),
  ),
});

/** One of the texts, with up to three pieces of it cut out or put in. */
export function editedText(...valid: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...valid), fc.array(textEdit, { maxLength: 3 })).map(edited);
}

function edited([valid, edits]: [string, { at: number; cut: number; put: string }[]]): string {
  return edits.reduce((text, { at, cut, put }) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + put + text.slice(place + cut);
  }, valid);
}

/** JSON of a changed value, its text edited too, now and then nested beyond all bounds. */
export function jsonText(...valid: readonly unknown[]): fc.Arbitrary<string> {
  const nested = fc.tuple(fc.constantFrom("[", '{"a":', '[{"__proto__":'), fc.nat(20_000));
  const serialized = changedValue(...valid).map((value) => JSON.stringify(value) ?? "");
  return fc.oneof(
    { weight: 6, arbitrary: serialized },
    { weight: 3, arbitrary: serialized.chain((text) => editedText(text)) },
    { weight: 1, arbitrary: nested.map(([open, depth]) => closed(open, depth)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  );
}

function closed(open: string, depth: number): string {
  const close = open
    .split("")
    .reverse()
    .filter((sign) => "[{".includes(sign));
  const ends = close.map((sign) => (sign === "[" ? "]" : "}")).join("");
  return `${open.repeat(depth)}1${ends.repeat(depth)}`;
}

const byteEdit = fc.record({
  at: fc.nat(1_000_000),
  how: fc.constantFrom("flip", "cut", "put", "double", "end"),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
});

/** One of the byte strings, with some bytes flipped, cut, put in, doubled, or its end missing. */
export function editedBytes(...valid: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const edits = fc.array(byteEdit, { maxLength: 4 });
  return fc.tuple(fc.constantFrom(...valid), edits).map(([one, list]) =>
    list.reduce<Buffer>((bytes, { at, how, bytes: other }) => {
      const place = at % (bytes.length + 1);
      const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)];
      if (how === "end") return head;
      if (how === "cut") return Buffer.concat([head, tail.subarray(other.length)]);
      if (how === "put") return Buffer.concat([head, other, tail]);
      if (how === "double") return Buffer.concat([head, bytes.subarray(0, 64), tail]);
      const flipped = Buffer.from(bytes);
      if (place < flipped.length) flipped[place] = (flipped[place] ?? 0) ^ (other[0] ?? 1);
      return flipped;
    }, one),
  );
}

/** The bytes in pieces, as a network may bring them. */
export function inPieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? bytes.length);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Sizes for {@link inPieces}. */
export const pieceSizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 });
