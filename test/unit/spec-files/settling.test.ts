import { describe, expect, it } from "vitest";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { REST_MS, REST_MS_NEW, Settling } from "../../../controller/spec-files/settling.ts";
import { parseManifest } from "../../../crd-schema/documents.ts";
import type { ManifestReading } from "../../../crd-schema/load.ts";
import { withSpec } from "../../support/crd-schema/manifest-text.ts";

/** @param files documents by file name */
function reading(files: Record<string, readonly string[]>): ManifestReading {
  const parsed = Object.entries(files).map(([file, documents]) =>
    parseManifest(documents.join("---\n"), file),
  );
  return {
    clusters: parsed.flatMap(({ clusters }) => clusters),
    problems: parsed.flatMap(({ problems }) => problems),
    files: Object.keys(files),
    complete: true,
  };
}

const FULL = "replicas: 3\nproxy: {port: 9000}";
const lab = (body: string) => withSpec(body);
const apart = (name: string, number: number, replicas = 3) =>
  withSpec(
    `replicas: ${replicas}\nnetwork: {subnet: 172.29.${number}.0/24}\nproxy: {port: 900${number}}`,
    name,
  );
const a = (...documents: string[]) => reading({ "a.yaml": documents });
const BEFORE = a(lab(FULL), apart("b", 1));
const SHORTER = a(lab("replicas: 3"), apart("b", 1));

/** Clusters as they count: name, replicas, port. */
const said = ({ clusters }: SpecSnapshot) =>
  [...clusters.values()]
    .map(({ metadata, spec }) => `${metadata.name} ${spec.replicas} ${spec.proxy.port}`)
    .toSorted();
const told = ({ problems }: SpecSnapshot) => [...problems.values()].flat().map((p) => p.severity);

function after(first: ManifestReading): Settling {
  const settling = new Settling();
  settling.apply(first, 0);
  return settling;
}

const CHANGES: readonly (readonly [string, ManifestReading, string[], number | null])[] = [
  ["says the same", BEFORE, ["b 3 9001", "lab 3 9000"], null],
  [
    "asks for more nodes",
    a(lab("replicas: 5\nproxy: {port: 9000}"), apart("b", 1)),
    ["b 3 9001", "lab 5 9000"],
    null,
  ],
  [
    "asks for fewer",
    a(lab("replicas: 1\nproxy: {port: 9000}"), apart("b", 1)),
    ["b 3 9001", "lab 3 9000"],
    REST_MS,
  ],
  [
    "lacks its second half, of which defaults take the place",
    SHORTER,
    ["b 3 9001", "lab 3 9000"],
    REST_MS,
  ],
  ["lacks its second document", a(lab(FULL)), ["b 3 9001", "lab 3 9000"], REST_MS],
  ["is empty, which is broken", a(), [], null],
  ["is gone", reading({}), ["b 3 9001", "lab 3 9000"], REST_MS],
  [
    "is gone, and its cluster stands in another, without a gap",
    reading({ "z.yaml": [lab(FULL), apart("b", 1)] }),
    ["b 3 9001", "lab 3 9000"],
    null,
  ],
  [
    "has another cluster besides",
    a(lab(FULL), apart("b", 1), apart("c", 2)),
    ["b 3 9001", "lab 3 9000"],
    REST_MS_NEW,
  ],
  ["is broken, so that nothing follows from it", a("kind: ["), [], null],
];

describe("a reading of the spec files", () => {
  it.each(CHANGES)("of a file that %s", (_what, changed, counts, restMs) => {
    const settling = after(BEFORE);
    const { snapshot, againAt } = settling.apply(changed, 10);
    expect([said(snapshot), againAt]).toEqual([counts, restMs === null ? null : 10 + restMs]);
    if (restMs === null) return;
    const early = settling.apply(changed, 9 + restMs);
    expect(said(early.snapshot)).toEqual(counts);
    const rested = settling.apply(changed, 10 + restMs);
    expect(said(rested.snapshot)).toEqual(said(after(changed).apply(changed, 0).snapshot));
    expect(rested.againAt).toBeNull();
  });

  it("is the first of all and counts as it stands", () => {
    expect(said(new Settling().apply(BEFORE, 7).snapshot)).toEqual(["b 3 9001", "lab 3 9000"]);
  });

  it("tells that a change waits, and no more of it when it has counted", () => {
    const settling = after(BEFORE);
    expect(told(settling.apply(SHORTER, 0).snapshot)).toContain("warning");
    expect(told(settling.apply(SHORTER, REST_MS).snapshot)).toEqual([]);
  });
});

describe("a wait", () => {
  it("begins anew with every change of the file, for each cluster of it", () => {
    const settling = after(BEFORE);
    settling.apply(a(lab(FULL)), 0);
    const { snapshot, againAt } = settling.apply(a(lab(`${FULL}\nsuspend: true`)), 1_400);
    expect([said(snapshot), againAt]).toEqual([["b 3 9001", "lab 3 9000"], 1_400 + REST_MS]);
  });

  it("is a file's own: one that is always written holds up no other", () => {
    const settling = after(reading({ "a.yaml": [lab(FULL)], "b.yaml": [apart("b", 1)] }));
    for (let at = 0; at < 2 * REST_MS; at += 500) {
      const busy = { "b.yaml": [apart("b", 1, at % 1_000 === 0 ? 1 : 2)] };
      settling.apply(reading({ "a.yaml": [lab("replicas: 3")], ...busy }), at);
    }
    const { snapshot } = settling.apply(
      reading({ "a.yaml": [lab("replicas: 3")], "b.yaml": [apart("b", 1, 1)] }),
      2 * REST_MS,
    );
    expect(said(snapshot)).toContain("b 3 9001");
    expect(said(snapshot)).not.toContain("lab 3 9000");
  });

  it("holds up no growth of another cluster in the same file", () => {
    const settling = after(BEFORE);
    const { snapshot } = settling.apply(a(lab("replicas: 3"), apart("b", 1, 5)), 0);
    expect(said(snapshot)).toEqual(["b 5 9001", "lab 3 9000"]);
  });

  it("is as long for a half that follows one which breaks off in mid-word", () => {
    const settling = after(BEFORE);
    expect(settling.apply(a("kind: ["), 10).againAt).toBeNull();
    const half = settling.apply(a(lab("replicas: 3"), apart("b", 1)), 20);
    expect([said(half.snapshot), half.againAt]).toEqual([["b 3 9001"], 20 + REST_MS]);
    expect(said(settling.apply(BEFORE, 30).snapshot)).toEqual(["b 3 9001", "lab 3 9000"]);
  });

  it("leaves nothing behind when the file is whole again", () => {
    const settling = after(BEFORE);
    settling.apply(SHORTER, 0);
    expect(settling.apply(BEFORE, 60).againAt).toBeNull();
    expect(settling.apply(SHORTER, 5_000).againAt).toBe(5_000 + REST_MS);
  });

  it("is not made longer by a clock that is set back", () => {
    const settling = after(BEFORE);
    settling.apply(SHORTER, 1e9);
    expect(settling.apply(SHORTER, 1_000).againAt).toBe(1_000 + REST_MS);
    expect(settling.apply(SHORTER, 1_000 + REST_MS).againAt).toBeNull();
  });
});

describe("what cannot be looked at", () => {
  const unlisted: ManifestReading = { ...reading({}), complete: false };

  it("is never taken for removed, however long", () => {
    const settling = after(BEFORE);
    for (const now of [10, 5_000, 1e9]) {
      const { snapshot, againAt } = settling.apply(unlisted, now);
      expect([said(snapshot), againAt]).toEqual([["b 3 9001", "lab 3 9000"], null]);
    }
  });

  it("stays broken through a moment without its file", () => {
    const settling = after(BEFORE);
    settling.apply(a("kind: ["), 10);
    const { snapshot } = settling.apply(reading({}), 20);
    expect([said(snapshot), told(snapshot)]).toEqual([[], ["error"]]);
    expect(said(settling.apply(BEFORE, 30).snapshot)).toEqual(["b 3 9001", "lab 3 9000"]);
  });
});
