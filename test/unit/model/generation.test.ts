import { describe, expect, it } from "vitest";
import {
  GENERATIONS_MAX,
  type SpecGeneration,
  specChanges,
  withGeneration,
} from "../../../controller/model/generation.ts";

const numbered = (generation: number, spec: object = {}): SpecGeneration => ({
  generation,
  at: generation,
  spec: { ...spec },
});

describe("the specs that were in force", () => {
  it("are kept up to ten, the newest last", () => {
    let kept: readonly SpecGeneration[] = [];
    for (let n = 1; n <= 13; n += 1) kept = withGeneration(kept, numbered(n));
    expect(kept.map(({ generation }) => generation)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(kept).toHaveLength(GENERATIONS_MAX);
  });

  it("are fewer where they are large, but never none", () => {
    const large = { text: "x".repeat(100 * 1024) };
    let kept: readonly SpecGeneration[] = [];
    for (let n = 1; n <= 4; n += 1) kept = withGeneration(kept, numbered(n, large));
    expect(kept.map(({ generation }) => generation)).toEqual([3, 4]);
    const huge = numbered(5, { text: "x".repeat(900 * 1024) });
    expect(withGeneration(kept, huge)).toEqual([huge]);
  });

  it("differ field by field", () => {
    const before = { replicas: 3, proxy: { port: 1 }, ssh: { authorizedKeys: ["a"] } };
    const after = { replicas: 5, suspend: true, ssh: { authorizedKeys: ["a", "b"] } };
    expect(specChanges(before, after)).toEqual([
      { field: "spec.proxy", from: { port: 1 } },
      { field: "spec.replicas", from: 3, to: 5 },
      { field: "spec.ssh.authorizedKeys.1", to: "b" },
      { field: "spec.suspend", to: true },
    ]);
  });
});
