/** Random histories of a Raft cluster: what may happen to it, how it is done, how it must end. */
import fc from "fast-check";
import { CALM, type LinkConditions, MessageNetwork } from "../../simulation/engine/network.ts";
import { Rng } from "../../simulation/engine/rng.ts";
import { Scheduler } from "../../simulation/engine/scheduler.ts";
import { Trace } from "../../simulation/engine/trace.ts";
import { RaftCluster, type RaftClusterOptions } from "../../simulation/raft/raft-cluster.ts";
import type { RaftMessage } from "../../simulation/raft/types.ts";

export type Step =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "propose"; readonly node: number }
  | { readonly kind: "crash"; readonly node: number; readonly survivingWrites: number }
  | { readonly kind: "start"; readonly node: number }
  | { readonly kind: "cut"; readonly from: number; readonly to: number; readonly oneWay: boolean }
  | { readonly kind: "isolate"; readonly node: number }
  | { readonly kind: "heal" }
  | { readonly kind: "transfer"; readonly node: number }
  | { readonly kind: "add" }
  | { readonly kind: "promote"; readonly node: number }
  | { readonly kind: "remove"; readonly node: number };

export interface Schedule {
  readonly seed: number;
  readonly nodes: number;
  readonly syncMs: number;
  readonly steps: readonly Step[];
}

/** A fault of the implementation, not of the world. */
export type Defect = Pick<RaftClusterOptions, "disk" | "onEvent">;

const STORM: LinkConditions = {
  latencyMs: { min: 1, max: 20 },
  lossChance: 0.05,
  duplicateChance: 0.05,
  delayChance: 0.1,
  delayMs: { min: 10, max: 1_500 },
  reorderChance: 0.3,
};

const HEARTBEAT_MS = 100;
const ELECTION_MS = 500;
/** Ample for several elections, snapshots included. */
const LIVENESS_MS = 40 * ELECTION_MS;
const MEMBERS_MAX = 7;

const node = fc.nat({ max: MEMBERS_MAX - 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(1_200) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("propose" as const), node }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("crash" as const),
      node,
      survivingWrites: fc.nat(3),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("start" as const), node }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("cut" as const),
      from: node,
      to: node,
      oneWay: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("isolate" as const), node }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("heal" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("transfer" as const), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("add" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("promote" as const), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), node }) },
);

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat(),
  nodes: fc.constantFrom(1, 2, 3, 3, 5),
  syncMs: fc.constantFrom(0, 2, 30),
  steps: fc.array(step, { minLength: 5, maxLength: 60 }),
});

export class RaftHistory {
  readonly scheduler: Scheduler;
  readonly trace = new Trace();
  readonly cluster: RaftCluster;
  private readonly network: MessageNetwork<RaftMessage>;
  private proposals = 0;
  private added = 0;

  /** @param defect what is wrong with the nodes, to see that the checks see it */
  constructor(
    private readonly schedule: Schedule,
    defect: Defect = {},
  ) {
    const rng = new Rng(schedule.seed);
    this.scheduler = new Scheduler(this.trace);
    this.network = new MessageNetwork(this.scheduler, rng.fork("network"), {
      conditions: STORM,
      connections: false,
    });
    this.cluster = new RaftCluster({
      ids: Array.from({ length: schedule.nodes }, (_, i) => `n${i}`),
      clock: this.scheduler,
      rng,
      network: this.network,
      heartbeatMs: HEARTBEAT_MS,
      electionMs: ELECTION_MS,
      snapshotEvery: 8,
      entriesKept: 3,
      trace: this.trace,
      ...defect,
    });
    for (const { disk } of this.cluster.members.values()) disk.syncMs = schedule.syncMs;
  }

  /** Everything may fail. */
  disturb(): void {
    for (const what of this.schedule.steps) this.carryOut(what);
  }

  /** Nothing fails any more. @returns why the cluster is not whole after ample time; or null */
  heal(): string | null {
    this.network.healAll(CALM);
    for (const id of this.cluster.members.keys()) this.cluster.start(id);
    this.pass(LIVENESS_MS);
    const leader = this.cluster.leader();
    if (leader === null) return "there is no leader";
    const command = this.propose(leader.core.id);
    this.pass(4 * ELECTION_MS);
    const { voters, learners } = leader.core.configuration;
    const expected = JSON.stringify(this.cluster.member(leader.core.id).commands);
    for (const id of [...voters, ...learners]) {
      const { commands } = this.cluster.member(id);
      if (!commands.includes(command)) return `${id} has not applied the last command`;
      if (JSON.stringify(commands) !== expected) return `${id} has another history`;
    }
    return null;
  }

  /** Sentences; empty in a correct run. */
  violations(): readonly string[] {
    const panics = [...this.cluster.members.values()].flatMap((m) => m.panics);
    return [...this.cluster.safety.violations, ...panics];
  }

  private carryOut(what: Step): void {
    const { cluster, network } = this;
    switch (what.kind) {
      case "wait":
        return this.pass(what.ms);
      case "propose":
        this.propose(this.id(what.node));
        return;
      case "crash":
        return cluster.crash(this.id(what.node), what.survivingWrites);
      case "start":
        return cluster.start(this.id(what.node));
      case "cut":
        network.cutOneWay(this.id(what.from), this.id(what.to));
        if (!what.oneWay) network.cutOneWay(this.id(what.to), this.id(what.from));
        return;
      case "isolate":
        return network.isolate(this.id(what.node));
      case "heal":
        return network.healAll(STORM);
      case "transfer":
        cluster.leader()?.transferLeadership(this.id(what.node));
        return;
      case "add":
        return this.addLearner();
      case "promote":
        return this.change("promote", this.id(what.node));
      case "remove":
        return this.change("remove", this.id(what.node));
    }
  }

  private pass(ms: number): void {
    this.scheduler.runSync({ untilMs: this.scheduler.now() + ms, eventsMax: 200_000 });
  }

  private propose(id: string): number {
    const command = this.proposals++;
    this.cluster.member(id).node?.propose({ kind: "command", command });
    return command;
  }

  private addLearner(): void {
    if (this.cluster.members.size >= MEMBERS_MAX) return;
    const id = `new${this.added++}`;
    this.cluster.add(id, null);
    this.change("add-learner", id);
  }

  /** As the production controller does it: never the last voter, and through the leader. */
  private change(type: "add-learner" | "promote" | "remove", id: string): void {
    const leader = this.cluster.leader();
    if (leader === null) return;
    const { voters } = leader.core.configuration;
    if (type === "remove" && voters.includes(id) && voters.length === 1) return;
    leader.propose({ kind: "configuration", change: { type, id } });
  }

  private id(n: number): string {
    const ids = [...this.cluster.members.keys()];
    return ids[n % ids.length] as string;
  }
}
