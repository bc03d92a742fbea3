import { describe, expect, test } from "vitest";
import { Collection } from "../../../../controller/api/kubernetes/collection.ts";
import { namespaces } from "../../../../controller/api/kubernetes/kinds/namespaces.ts";
import type { KubernetesObject } from "../../../../controller/api/kubernetes/object.ts";

function object(name: string, labels: Record<string, string> = {}, uid = name): KubernetesObject {
  const metadata = { name, uid, resourceVersion: "", creationTimestamp: "", labels };
  return { apiVersion: "v1", kind: "Thing", metadata };
}

function started() {
  const kind = { ...namespaces, fields: {}, columns: [], of: () => [] };
  const collection = new Collection<KubernetesObject>(kind, 100);
  const told: string[] = [];
  collection.subscribe(({ type, object: { metadata }, version }) =>
    told.push(`${type} ${metadata.name} ${metadata.resourceVersion} ${version}`),
  );
  return { collection, told };
}

describe("a collection", () => {
  test("tells what is new, what has changed and what is gone, with the version of the change", () => {
    const { collection, told } = started();
    collection.replace("lab", [object("a"), object("b")], 101);
    collection.replace("lab", [object("a", { x: "y" }), object("c")], 105);
    expect(told).toEqual([
      "ADDED a 101 101",
      "ADDED b 101 101",
      "MODIFIED a 105 105",
      "ADDED c 105 105",
      "DELETED b 105 105",
    ]);
    expect(collection.list().map(({ metadata }) => metadata.name)).toEqual(["a", "c"]);
    expect(collection.get("c")?.metadata.resourceVersion).toBe("105");
    expect(collection.resourceVersion).toBe(105);
  });

  test("does not tell of what is the same, which keeps its version", () => {
    const { collection, told } = started();
    collection.replace("lab", [object("a")], 101);
    collection.replace("lab", [object("a")], 102);
    expect(told).toEqual(["ADDED a 101 101"]);
    expect(collection.get("a")?.metadata.resourceVersion).toBe("101");
  });

  test("tells of another object under the same name as of two objects", () => {
    const { collection, told } = started();
    collection.replace("lab", [object("a", {}, "1")], 101);
    collection.replace("lab", [object("a", {}, "2")], 102);
    expect(told).toEqual(["ADDED a 101 101", "DELETED a 102 102", "ADDED a 102 102"]);
  });

  test("keeps the objects of clusters apart", () => {
    const { collection, told } = started();
    collection.replace("lab", [object("a")], 101);
    collection.replace("team", [object("b")], 102);
    collection.replace("lab", [], 103);
    expect(told.at(-1)).toBe("DELETED a 103 103");
    expect(collection.list().map(({ metadata }) => metadata.name)).toEqual(["b"]);
  });

  test("goes on from a version that it has given out, and from no other", () => {
    const { collection } = started();
    collection.replace("lab", [object("a")], 101);
    collection.replace("lab", [object("a"), object("b")], 103);
    const names = (version: number) =>
      collection.changesAfter(version)?.map(({ object: { metadata } }) => metadata.name) ?? null;
    expect([names(100), names(101), names(103)]).toEqual([["a", "b"], ["b"], []]);
    expect([names(99), names(104)]).toEqual([null, null]);
  });

  test("forgets old changes, and says so", () => {
    const { collection } = started();
    for (let i = 1; i <= 3000; i += 1)
      collection.replace("lab", [object("a", { i: `${i}` })], 100 + i);
    expect(collection.changesAfter(100)).toBeNull();
    expect(collection.changesAfter(3099)).toHaveLength(1);
    expect(collection.changesAfter(2700)).toHaveLength(400);
  });
});
