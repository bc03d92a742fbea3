import { describe, expect, it } from "vitest";
import { startShow } from "../../../controller/cli/render/show.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import { capturedContext } from "./captured-context.ts";
import { clusterObject, conditions, event, node } from "./cluster-fixture.ts";
import type { PublishedChange, PublishedClusters } from "../../../controller/model/ports.ts";
import type { ClusterEvent, JupyterClusterObject } from "../../../controller/model/resource.ts";

/** Published clusters whose publications the test makes. */
class Scripted implements PublishedClusters {
  readonly resourceVersion = 0;
  readonly #objects = new Map<string, JupyterClusterObject>();
  readonly #events = new Map<string, readonly ClusterEvent[]>();
  readonly #listeners = new Set<(change: PublishedChange) => void>();

  publish(object: JupyterClusterObject, events: readonly ClusterEvent[] = []): void {
    const key = clusterKey(object.metadata);
    this.#objects.set(key, object);
    this.#events.set(key, events);
    for (const listener of this.#listeners) listener({ type: "MODIFIED", object });
  }

  list = () => [...this.#objects.values()];
  get = (key: string) => this.#objects.get(key);
  events = (key: string) => this.#events.get(key) ?? [];
  subscribe = (listener: (change: PublishedChange) => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

const creating = clusterObject({
  status: {
    phase: "Creating",
    readyReplicas: 0,
    leader: null,
    nodes: [0, 1, 2].map((slot) => node("lab", slot, { phase: "Launching", leader: false })),
    conditions: conditions({
      Ready: ["False", "Creating", "0 of 3 nodes are ready"],
      Quorate: ["Unknown", "NoMembers", ""],
    }),
  },
});

describe("startShow without a terminal", () => {
  it("tells progress until all is Ready, then what happens", async () => {
    const { context, outcome } = capturedContext();
    const published = new Scripted();
    const show = startShow(context, published, 1, context.now());
    const created = event("the first generation", { reason: "SpecAccepted" });
    published.publish(creating, [created]);
    published.publish(clusterObject(), [created]);
    const [ready] = await show.allReady;
    expect(ready?.status.leader).toBe("lab-0");
    const before = outcome().stderr;
    expect(before).toContain(
      "[   0.0s] lab: starting the containers: slot 0 Launching; slot 1 Launching; slot 2 Launching\n",
    );
    expect(before).toContain("lab: containers 3/3 running\n");
    expect(before).not.toContain("the first generation");
    published.publish(clusterObject(), [created, event("slot 1 leads in term 3")]);
    show.stop();
    published.publish(creating, []);
    const after = outcome().stderr.slice(before.length);
    expect(after).toBe("[   0.0s] lab: LeaderElected: slot 1 leads in term 3\n");
  });

  it("tells what a cluster waits for that was Ready, each wait once, and that it is again", async () => {
    const { context, outcome } = capturedContext();
    const published = new Scripted();
    const show = startShow(context, published, 1, context.now());
    published.publish(clusterObject());
    await show.allReady;
    const before = outcome().stderr;
    const waiting = (message: string) =>
      clusterObject({
        status: {
          nodes: [0, 1, 2].map((slot) => node("lab", slot, slot === 2 ? { message } : {})),
          conditions: conditions({ Ready: ["False", "NodesNotReady", message] }),
        },
      });
    published.publish(waiting("vm offers 21545 of 921600 MiB of memory"));
    published.publish(waiting("vm offers 21546 of 921600 MiB of memory"));
    published.publish(waiting("image other is not on this machine"));
    published.publish(clusterObject());
    show.stop();
    const after = outcome()
      .stderr.slice(before.length)
      .replaceAll(/^\[.*?\] /gm, "");
    expect(after).toBe(
      "lab: Ready is False (NodesNotReady): vm offers 21545 of 921600 MiB of memory\n" +
        "lab: Ready is False (NodesNotReady): image other is not on this machine\n" +
        "lab: Ready is True (AsExpected)\n",
    );
  });

  it("does not take a part of the spec's clusters for all", async () => {
    const { context } = capturedContext();
    const published = new Scripted();
    const show = startShow(context, published, 2, context.now());
    const seen: number[] = [];
    const done = show.allReady.then((ready) => seen.push(ready.length));
    published.publish(clusterObject());
    published.publish(clusterObject({ name: "other" }));
    await done;
    show.stop();
    expect(seen).toEqual([2]);
  });
});

describe("startShow on a terminal", () => {
  it("draws a block of steps over the one before", async () => {
    const { context, outcome } = capturedContext({ NO_COLOR: "1" }, true);
    const published = new Scripted();
    const show = startShow(context, published, 1, context.now());
    published.publish(creating);
    published.publish(clusterObject());
    await show.allReady;
    show.stop();
    const blocks = outcome()
      .stderr.split("\u001b[J")
      .map((b) => b.replaceAll("\u001b[K", ""));
    expect(blocks[1]).toContain("lab Creating, 0.0s\n  ✓ spec");
    expect(blocks[1]).toContain("containers 0/3");
    expect(blocks[2]?.startsWith("\u001b[12A\rlab Ready")).toBe(true);
    expect(blocks[2]).toContain("✓ ready                  3 of 3 nodes\n");
    expect(blocks[2]?.split("\n").every((line) => line.length <= 80)).toBe(true);
  });
});
