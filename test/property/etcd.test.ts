/** The simulated etcd under random faults: what it acknowledged is there once all is healed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALM } from "../simulation/engine/network.ts";
import { Rng } from "../simulation/engine/rng.ts";
import { Scheduler } from "../simulation/engine/scheduler.ts";
import { EtcdCluster } from "../simulation/etcd/etcd-cluster.ts";

const NAMES = ["n0", "n1", "n2"];

type Step =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "put" | "kill" | "start" | "isolate"; readonly node: number }
  | { readonly kind: "heal" };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(2_000) }),
    fc.record({
      kind: fc.constantFrom(
        "put" as const,
        "put" as const,
        "put" as const,
        "kill" as const,
        "start" as const,
        "isolate" as const,
      ),
      node: fc.nat(2),
    }),
    fc.record({ kind: fc.constant("heal" as const) }),
  ),
  { minLength: 10, maxLength: 60 },
);

class Writer {
  readonly acknowledged: string[] = [];
  private next = 0;

  put(cluster: EtcdCluster, name: string): void {
    const key = `key-${this.next++}`;
    const request = { type: "put", key, value: name } as const;
    cluster.node(name).server?.request(request, 5_000, (answer) => {
      if (answer.ok) this.acknowledged.push(key);
    });
  }
}

function carryOut(cluster: EtcdCluster, writer: Writer, step: Step): void {
  if (step.kind === "wait") pass(cluster, step.ms);
  else if (step.kind === "heal") cluster.network.healAll({ ...CALM, lossChance: 0.05 });
  else {
    const name = NAMES[step.node] as string;
    if (step.kind === "put") writer.put(cluster, name);
    if (step.kind === "kill") cluster.kill(name);
    if (step.kind === "start") cluster.start(name);
    if (step.kind === "isolate") cluster.network.isolate(cluster.node(name).peerUrl);
  }
}

function pass(cluster: EtcdCluster, ms: number): void {
  cluster.scheduler.runSync({ untilMs: cluster.scheduler.now() + ms });
}

describe("a simulated etcd", () => {
  it("loses no acknowledged write over crashes and partitions, and serves again", () => {
    let acknowledged = 0;
    fc.assert(
      fc.property(fc.nat(), steps, (seed, schedule) => {
        const cluster = new EtcdCluster(new Scheduler(), new Rng(seed));
        const writer = new Writer();
        cluster.bootstrap(NAMES);
        pass(cluster, 3_000);
        for (const step of schedule) carryOut(cluster, writer, step);
        cluster.network.healAll();
        for (const name of NAMES) cluster.start(name);
        const whole = () => cluster.leader() !== null && cluster.servers().every((s) => s.ready);
        expect(cluster.until(whole)).toBe(true);
        for (const server of cluster.servers()) {
          // A read tells what was acknowledged before it was asked.
          const due = [...writer.acknowledged];
          const answer = cluster.ask(server, { type: "list", prefix: "key-" });
          const found = new Set(answer.ok ? answer.kvs.map((kv) => kv.key) : []);
          expect(due.filter((key) => !found.has(key))).toEqual([]);
        }
        expect(cluster.violations()).toEqual([]);
        acknowledged += writer.acknowledged.length;
      }),
      { numRuns: 200 },
    );
    expect(acknowledged).toBeGreaterThan(200);
  });
});
