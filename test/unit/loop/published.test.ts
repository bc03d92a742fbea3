import { describe, expect, test } from "vitest";
import { PublishedStore } from "../../../controller/loop/published.ts";
import type { PublishedChange } from "../../../controller/model/ports.ts";
import { clusterObject } from "../cli/cluster-fixture.ts";

describe("the published clusters", () => {
  test("have resource versions that only grow, from where the last controller left off", () => {
    const store = new PublishedStore({ lastResourceVersion: 41 });
    const changes: PublishedChange[] = [];
    store.subscribe((change) => changes.push(change));
    expect(store.publish(clusterObject(), []).metadata.resourceVersion).toBe("42");
    store.publish(clusterObject({ name: "b" }), []);
    store.publish(clusterObject(), []);
    store.remove("default/lab");
    store.remove("default/never-there");
    expect(
      changes.map(({ type, object: { metadata } }) => [
        type,
        metadata.name,
        metadata.resourceVersion,
      ]),
    ).toEqual([
      ["ADDED", "lab", "42"],
      ["ADDED", "b", "43"],
      ["MODIFIED", "lab", "44"],
      ["DELETED", "lab", "45"],
    ]);
  });

  test("are listed by namespace and name", () => {
    const store = new PublishedStore({ lastResourceVersion: 0 });
    for (const [namespace, name] of [
      ["b", "x"],
      ["a", "z"],
      ["a", "y"],
    ] as const) {
      store.publish(clusterObject({ namespace, name }), []);
    }
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(["y", "z", "x"]);
    expect(store.get("a/y")?.metadata.name).toBe("y");
    expect(store.get("a/none")).toBeUndefined();
  });

  test("tell a listener nothing after it has left", () => {
    const store = new PublishedStore({ lastResourceVersion: 0 });
    let heard = 0;
    const listener = () => {
      heard += 1;
    };
    const leave = store.subscribe(listener);
    store.subscribe(listener);
    store.publish(clusterObject(), []);
    leave();
    leave();
    store.publish(clusterObject(), []);
    expect(heard).toBe(3);
  });

  test("tell every listener, though one of them throws", () => {
    const errors: unknown[] = [];
    const store = new PublishedStore({
      lastResourceVersion: 0,
      onListenerError: (error) => errors.push(error),
    });
    const bug = new Error("a bug");
    store.subscribe(() => {
      throw bug;
    });
    let heard = 0;
    store.subscribe(() => {
      heard += 1;
    });
    store.publish(clusterObject(), []);
    expect([errors, heard]).toEqual([[bug], 1]);
  });
});
