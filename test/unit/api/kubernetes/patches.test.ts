import { describe, expect, test } from "vitest";
import { mergePatch } from "../../../../controller/api/kubernetes/write/merge-patch.ts";
import { patched } from "../../../../controller/api/kubernetes/write/patches.ts";

/** The examples of RFC 7396, appendix A. */
describe("a merge patch", () => {
  test.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("of %j with %j gives %j", (target, patch, merged) => {
    expect(mergePatch(target, patch)).toEqual(merged);
  });

  test("sets a field with any name, and nothing but that", () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__": {"polluted": 1}}')) as object;
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"polluted":1}}');
  });
});

describe("a JSON patch", () => {
  const type = "application/json-patch+json";

  test("is carried out on a copy", () => {
    const object = { spec: { replicas: 3 } };
    const patch = [{ op: "replace", path: "/spec/replicas", value: 5 }];
    expect(patched(type, object, patch)).toEqual({ spec: { replicas: 5 } });
    expect(object).toEqual({ spec: { replicas: 3 } });
  });

  test.each([
    [[{ op: "replace", path: "/spec/none", value: 5 }], "Invalid"],
    [[{ op: "test", path: "/spec/replicas", value: 4 }], "Invalid"],
    [[{ op: "grow", path: "/spec" }], "Invalid"],
    [[{ op: "add", path: "/__proto__/x", value: 1 }], "Invalid"],
    [{ spec: {} }, "BadRequest"],
  ])("%j is refused", (patch, reason) => {
    const refused = () => patched(type, { spec: { replicas: 3 } }, patch);
    expect(refused).toThrow(expect.objectContaining({ reason }) as Error);
  });
});

test("Another kind of patch is refused with those that are understood", () => {
  const refused = () => patched("application/strategic-merge-patch+json", {}, {});
  expect(refused).toThrow(/merge-patch\+json, application\/apply-patch\+yaml/);
});
