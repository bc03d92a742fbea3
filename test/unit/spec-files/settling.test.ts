import { describe, expect, it } from "vitest";
import { parseManifest } from "../../../crd-schema/documents.ts";
import { type SpecSnapshot, specSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { REST_MS, REST_MS_NEW, Settling } from "../../../controller/spec-files/settling.ts";
import { withSpec } from "../../support/crd-schema/manifest-text.ts";

function reading(...documents: string[]): SpecSnapshot {
  const parsed = parseManifest(documents.join("---\n"), "f.yaml");
  return specSnapshot({ ...parsed, files: ["f.yaml"], complete: true });
}

const apart = (name: string, number: number) =>
  withSpec(`network: {subnet: 172.29.${number}.0/24}\nproxy: {port: 900${number}}`, name);
const [OTHER, THIRD] = [apart("b", 1), apart("c", 2)];
const lab = (body = "replicas: 3") => withSpec(body);
const BEFORE = reading(lab("replicas: 3\nproxy: {port: 9000}"), OTHER);

/** How long the second reading has to rest after the first was taken. */
function restOf(after: SpecSnapshot): number {
  const settling = new Settling();
  settling.restMs(BEFORE, "before", 0);
  return settling.restMs(after, "after", 0);
}

describe("a reading of the spec files", () => {
  it.each<[string, SpecSnapshot, number]>([
    ["says the same", BEFORE, 0],
    ["asks for more nodes", reading(lab("replicas: 5\nproxy: {port: 9000}"), OTHER), 0],
    ["asks for fewer", reading(lab("replicas: 1\nproxy: {port: 9000}"), OTHER), REST_MS],
    ["lacks its second half, of which defaults take the place", reading(lab(), OTHER), REST_MS],
    ["asks for more nodes and lacks the rest", reading(lab("replicas: 5"), OTHER), REST_MS],
    [
      "lacks its second document, which is DeletionDebounce's to say",
      reading(lab("replicas: 3\nproxy: {port: 9000}")),
      0,
    ],
    ["is empty", reading(), 0],
    [
      "has another cluster besides",
      reading(lab("replicas: 3\nproxy: {port: 9000}"), OTHER, THIRD),
      REST_MS_NEW,
    ],
    ["is broken, so that nothing follows from it", reading("kind: [", ""), 0],
  ])("that %s", (_what, after, restMs) => {
    expect(restOf(after)).toBe(restMs);
  });

  it("is the first of all and counts at once", () => {
    expect(new Settling().restMs(BEFORE, "before", 7)).toBe(0);
  });
});

describe("a wait", () => {
  it("is over when the same was read for so long, and begins anew with another reading", () => {
    const settling = new Settling();
    settling.restMs(BEFORE, "before", 0);
    const [half, other] = [reading(lab()), reading(lab("replicas: 1"))];
    expect(settling.restMs(half, "half", 0)).toBe(REST_MS);
    expect(settling.restMs(half, "half", 1_000)).toBe(REST_MS - 1_000);
    expect(settling.restMs(other, "other", 1_400)).toBe(REST_MS);
    expect(settling.restMs(other, "other", 1_400 + REST_MS)).toBe(0);
  });

  it("is as long for a half that follows one which breaks off in mid-word", () => {
    const settling = new Settling();
    settling.restMs(BEFORE, "before", 0);
    expect(settling.restMs(reading("kind: [", ""), "torn", 10)).toBe(0);
    expect(settling.restMs(reading(lab()), "half", 20)).toBe(REST_MS);
    expect(settling.restMs(BEFORE, "before", 30)).toBe(0);
  });

  it("leaves nothing behind when the file is whole again", () => {
    const settling = new Settling();
    settling.restMs(BEFORE, "before", 0);
    settling.restMs(reading(lab()), "half", 0);
    expect(settling.restMs(BEFORE, "before", 60)).toBe(0);
    expect(settling.restMs(reading(lab()), "half", 5_000)).toBe(REST_MS);
  });

  it("is not made longer by a clock that is set back", () => {
    const settling = new Settling();
    settling.restMs(BEFORE, "before", 0);
    settling.restMs(reading(lab()), "half", 1e9);
    expect(settling.restMs(reading(lab()), "half", 1_000)).toBe(REST_MS);
    expect(settling.restMs(reading(lab()), "half", 1_000 + REST_MS)).toBe(0);
  });
});
