/** Single-decree Paxos under random schedules; and that the checks of it can fail. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LinkConditions, MessageNetwork } from "../simulation/engine/network.ts";
import { Rng } from "../simulation/engine/rng.ts";
import { Scheduler } from "../simulation/engine/scheduler.ts";
import { PaxosCluster, type PaxosOptions } from "../simulation/paxos/paxos-cluster.ts";
import { Proposer } from "../simulation/paxos/proposer.ts";
import type { PaxosMessage } from "../simulation/paxos/types.ts";

type Step =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "propose" | "crash" | "start" | "isolate" | "rejoin"; readonly node: number }
  | { readonly kind: "cut"; readonly from: number; readonly to: number };

interface Schedule {
  readonly seed: number;
  readonly acceptors: number;
  readonly steps: readonly Step[];
}

const STORM: LinkConditions = {
  latencyMs: { min: 1, max: 30 },
  lossChance: 0.1,
  duplicateChance: 0.1,
  delayChance: 0.2,
  delayMs: { min: 10, max: 400 },
  reorderChance: 0.5,
};
const LIVENESS_MS = 60_000;

const node = fc.nat(9);
const schedules: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat(),
  acceptors: fc.constantFrom(3, 3, 5),
  steps: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(150) }),
      fc.record({
        kind: fc.constantFrom(
          "propose" as const,
          "propose" as const,
          "crash" as const,
          "start" as const,
          "isolate" as const,
          "rejoin" as const,
        ),
        node,
      }),
      fc.record({ kind: fc.constant("cut" as const), from: node, to: node }),
    ),
    { minLength: 3, maxLength: 40 },
  ),
});

/** Against the rule: proposes its own value whatever was accepted. */
class StubbornProposer extends Proposer {
  protected override valueToPropose(): string {
    return this.value;
  }
}

class PaxosHistory {
  readonly cluster: PaxosCluster;
  private readonly scheduler = new Scheduler();
  private readonly network: MessageNetwork<PaxosMessage>;

  constructor(
    private readonly schedule: Schedule,
    private readonly defect: Pick<PaxosOptions, "proposer"> & { readonly forgets?: boolean } = {},
  ) {
    const rng = new Rng(schedule.seed);
    this.network = new MessageNetwork(this.scheduler, rng.fork("network"), {
      conditions: STORM,
      connections: false,
    });
    this.cluster = new PaxosCluster({
      proposers: { A: "apple", B: "banana", C: "cherry" },
      acceptors: Array.from({ length: schedule.acceptors }, (_, i) => `acceptor-${i}`),
      learners: ["learner-0", "learner-1"],
      clock: this.scheduler,
      rng,
      network: this.network,
      backoffMs: { min: 50, max: 500 },
      ...(defect.proposer === undefined ? {} : { proposer: defect.proposer }),
    });
  }

  disturb(): readonly string[] {
    for (const step of this.schedule.steps) this.carryOut(step);
    return this.cluster.safety.violations;
  }

  /** @returns what the learners know after ample time without faults */
  heal(): readonly (string | undefined)[] {
    this.network.healAll();
    for (const name of this.cluster.names()) this.cluster.start(name);
    // One that knows that it is done would not try again: as if asked anew by its client.
    for (const proposer of this.cluster.proposers.values()) proposer.prepare();
    this.pass(LIVENESS_MS);
    return [...this.cluster.learners.values()].map((l) => l.chosen?.value);
  }

  private carryOut(step: Step): void {
    const { cluster, network } = this;
    const names = cluster.names();
    const name = (n: number) => names[n % names.length] as string;
    switch (step.kind) {
      case "wait":
        return this.pass(step.ms);
      case "cut":
        return network.cutOneWay(name(step.from), name(step.to));
      case "propose":
        return cluster.proposers.get(["A", "B", "C"][step.node % 3] as string)?.prepare();
      case "crash":
        cluster.crash(name(step.node));
        if (this.defect.forgets !== true) return;
        cluster.forget(name(step.node));
        return cluster.start(name(step.node));
      case "start":
        return cluster.start(name(step.node));
      case "isolate":
        return network.isolate(name(step.node));
      case "rejoin":
        return network.rejoin(name(step.node));
    }
  }

  private pass(ms: number): void {
    this.scheduler.runSync({ untilMs: this.scheduler.now() + ms, eventsMax: 100_000 });
  }
}

describe("Paxos", () => {
  it("agrees on one proposed value under any schedule, and all learn it once all is healed", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const history = new PaxosHistory(schedule);
        expect(history.disturb()).toEqual([]);
        const learned = history.heal();
        expect(history.cluster.safety.violations).toEqual([]);
        const [chosen] = history.cluster.safety.chosen;
        expect(["apple", "banana", "cherry"]).toContain(chosen);
        expect(learned).toEqual([chosen, chosen]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the checks of Paxos", () => {
  it.each([
    ["an acceptor that forgets its promise over a crash", { forgets: true }],
    ["a proposer that adopts no accepted value", { proposer: StubbornProposer }],
  ])("find %s", (_, defect) => {
    const property = fc.property(schedules, (schedule) => {
      const history = new PaxosHistory(schedule, defect);
      history.disturb();
      history.heal();
      return history.cluster.safety.violations.length === 0;
    });
    const result = fc.check(property, { numRuns: 10_000, seed: 7, endOnFailure: true });
    expect(result.failed).toBe(true);
  });
});
