/** Texts that are no YAML, or more of it than a spec can be. */
import { describe, expect, it } from "vitest";
import { parseManifest } from "../../../crd-schema/documents.ts";
import { compiled, told, withSpec } from "../../support/crd-schema/manifest-text.ts";

const CASES: Readonly<Record<string, { text: string; says: string }>> = {
  "a tab as indentation": {
    text: "metadata:\n\tname: lab\n",
    says: "2:1: error: Indent with blanks: YAML does not allow tabs for it.",
  },
  "a field given twice": {
    text: withSpec("replicas: 3\nsuspend: false\nreplicas: 5"),
    says: "8:3: error: This field is given twice in the same mapping: remove one of the two.",
  },
  "a line without a colon": {
    text: withSpec("replicas 3\nsuspend: false"),
    says: "6:3: error: A line has no `field: value` form (a colon with a blank after it), or is indented wrongly.",
  },
  "a quote that is not closed": {
    text: withSpec('image: "lab'),
    says: '7:1: error: Missing closing "quote. A quote or bracket is opened and not closed, or a colon is missing.',
  },
  "the place in a file with Windows line ends": {
    text: withSpec('replicas: "5"').replaceAll("\n", "\r\n"),
    says: '6:13: error: spec.replicas: Found the text "5"; allowed: a whole number from 1 to 9. Remove the quotes.',
  },
  "the column in the first line after a byte order mark": {
    text: `\uFEFF{"apiVersion": 1, "kind": "JupyterCluster", "metadata": {"name": "a"}, "spec": {}}`,
    says: '1:16: error: apiVersion: Found the number 1; allowed: "jupytercluster.dev/v1alpha1".',
  },
  "a mapping as a field's name": {
    text: withSpec("? {a: b}\n: 1"),
    says: "6:5: error: A mapping or a list cannot be the name of a field.",
  },
  "a tag": {
    text: withSpec("image: !vault lab"),
    says: "6:10: error: Unresolved tag: !vault. Tags (`!name`) are not allowed in a spec: remove it.",
  },
  "binary data": {
    text: withSpec("image: !!binary aGk="),
    says: "1:1: error: A Buffer is not allowed: only mappings, lists, text, numbers, true, false and null are.",
  },
  "an alias without an anchor": {
    text: withSpec("image: *lab"),
    says: "1:1: error: Unresolved alias (the anchor must be set before the alias): lab",
  },
  "an alias to what contains it": {
    text: withSpec("network: &net {options: *net}"),
    says: "1:1: error: An alias refers to something that contains it, or is nested too deeply.",
  },
  "a NUL character": {
    text: withSpec("image: a\0b"),
    says: "6:11: error: The file holds a NUL character: it is not a YAML text in UTF-8.",
  },
};

describe("a text that cannot be a spec tells where and why", () => {
  for (const [name, { text, says }] of Object.entries(CASES)) {
    it(name, () => {
      expect(told(text)[0]).toBe(says);
      expect(parseManifest(text, "f").clusters).toEqual([]);
    });
  }

  it.each(["", "\n", "# only a comment\n", "---\n---\n", "\uFEFF"])("nothing: %j", (text) => {
    const { problems } = parseManifest(text, "f");
    expect(problems).toMatchObject([{ severity: "error", line: null, column: null, field: "" }]);
    expect(problems[0]?.message).toMatch(/^The file holds no document: it is empty/);
  });
});

describe("a text that would cost too much is refused before it is read", () => {
  const bomb = Array.from({ length: 9 }, (_, i) =>
    i === 0
      ? "a0: &a0 [x]"
      : `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
  ).join("\n");

  it.each<readonly [string, string, RegExp]>([
    ["nested lists", "[".repeat(20_000), /^1:41: error: The file is nested too deeply/],
    // The YAML library takes minutes for this one.
    ["nested explicit keys", "? ".repeat(20_000), /^1:81: error: The file is nested too deeply/],
    ["nested mappings", "{a: ".repeat(5_000), /error: The file is nested too deeply/],
    ["a million brackets", "[".repeat(1_000_000), /error: The file is too large/],
    ["very many fields", "a: 1\n".repeat(200_000), /error: The file is too large/],
    ["an alias bomb", bomb, /error: (The aliases make more|Excessive alias count)/],
    ["very many documents", "---\na: 1\n".repeat(65), /error: The file has more than 64 documents/],
  ])("%s", (_, text, says) => {
    const lines = told(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(says);
  });
});

describe("what YAML allows and a spec may use", () => {
  it("Windows line ends and a byte order mark change nothing", () => {
    const text = withSpec("replicas: 5\nproxy:\n  port: 9000");
    const windows = compiled(`\uFEFF${text.replaceAll("\n", "\r\n")}`);
    expect(windows).toEqual(compiled(text));
  });

  it("anchors, aliases and merge keys", () => {
    const text = withSpec(
      "network: {options: &empty {}}\nbackoff: &slow {initialSeconds: 2, maxSeconds: 9}",
    ).concat("---\n", withSpec("network: {subnet: 10.1.0.0/24}\nproxy: {port: 1}", "other"));
    const { clusters, problems } = parseManifest(text, "f");
    expect(problems).toEqual([]);
    expect(clusters.map((c) => [c.metadata.name, c.source.line])).toEqual([
      ["lab", 1],
      ["other", 9],
    ]);
  });

  it("a merged field is compiled like a written one", () => {
    const text = withSpec("backoff: {<<: &b {initialSeconds: 2, factor: 3}, factor: 4}");
    expect(compiled(text).spec.backoff).toEqual({ initialSeconds: 2, factor: 4, maxSeconds: 60 });
  });

  it("JSON, indented with tabs", () => {
    const manifest = {
      apiVersion: "jupytercluster.dev/v1alpha1",
      kind: "JupyterCluster",
      metadata: { name: "lab" },
      spec: { replicas: 5 },
    };
    expect(compiled(JSON.stringify(manifest, null, "\t")).spec.replicas).toBe(5);
  });

  it("a broken document does not take the sound ones beside it along", () => {
    const text = `${withSpec("")}---\n${withSpec("replicas: x", "bad")}`;
    const { clusters, problems } = parseManifest(text, "f");
    expect(clusters.map((c) => c.metadata.name)).toEqual(["lab"]);
    expect(problems.map((p) => p.line)).toEqual([12]);
  });
});
