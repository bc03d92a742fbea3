/**
 * Tells single-decree Paxos with two proposers that compete and three acceptors. The script only
 * says when a proposer begins, and how fast messages are; what follows is the nodes' own doing.
 */
import { CALM, MessageNetwork } from "../engine/network.ts";
import { Rng } from "../engine/rng.ts";
import { Scheduler, SIMULATION_START_MS } from "../engine/scheduler.ts";
import { PaxosCluster } from "../paxos/paxos-cluster.ts";
import type { PaxosMessage } from "../paxos/types.ts";
import { PaxosTeller } from "./paxos-teller.ts";
import type { Story } from "./story.ts";

const EARLY = "A";
const LATE = "B";
const ACCEPTORS = ["acceptor 1", "acceptor 2", "acceptor 3"];
const LEARNER = "the learner";
const VALUES = ["apple", "banana", "cherry", "damson", "elder"];
/** The early proposer is near to one acceptor and far from the others; the late one is quick. */
const NEAR_MS = 2;
const FAR_MS = 10;
const QUICK_MS = 5;
/** The late one begins after all promised to the early one, and before that one's proposal. */
const LATE_BEGINS_MS = 18;
const STORY_MS_MAX = 1_000;

export function tellPaxos(story: Story, seed: number): void {
  new Paxos(story, new Rng(seed)).tell();
}

class Paxos {
  private readonly scheduler = new Scheduler();
  private readonly network: MessageNetwork<PaxosMessage>;
  private readonly cluster: PaxosCluster;
  private readonly teller: PaxosTeller;
  /** The acceptor that only the early proposer reaches. */
  private readonly near: string;

  constructor(
    private readonly story: Story,
    rng: Rng,
  ) {
    const elapsedMs = () => this.scheduler.now() - SIMULATION_START_MS;
    this.teller = new PaxosTeller(story, () => this.cluster, elapsedMs);
    this.network = new MessageNetwork(this.scheduler, rng.fork("network"), {
      conditions: latency(QUICK_MS),
    });
    const [early, late] = rng.fork("values").shuffle(VALUES);
    this.cluster = new PaxosCluster({
      proposers: { [EARLY]: early as string, [LATE]: late as string },
      acceptors: ACCEPTORS,
      learners: [LEARNER],
      clock: this.scheduler,
      rng,
      network: this.network,
      backoffMs: { min: 50, max: 90 },
      onEvent: (node, event) => this.teller.onEvent(node, event),
    });
    this.near = rng.fork("near").pick(ACCEPTORS);
    this.arrangeDistances();
  }

  tell(): void {
    const { story, cluster, scheduler } = this;
    story.paragraph(
      "Two proposers want different values, three acceptors choose one: what a majority (2) has " +
        "accepted under one number is chosen, and nothing else ever will be. A number is a round " +
        `and its proposer's name: 1.${EARLY} is below 1.${LATE}, and that below 2.${EARLY}. ` +
        `${LATE} and ${this.near} do not reach one another.`,
    );
    story.chapter("Two proposers, two phases");
    cluster.proposers.get(EARLY)?.prepare();
    scheduler.after(LATE_BEGINS_MS, () => cluster.proposers.get(LATE)?.prepare());
    this.teller.afterMoment();
    this.runOut();
    story.paragraph(this.summary());
  }

  private summary(): string {
    const { safety, learners, proposers } = this.cluster;
    const chosen = [...safety.chosen].join(" and ");
    const learned = learners.get(LEARNER)?.chosen?.value ?? "nothing";
    const done = [...proposers.values()].filter((p) => p.state === "done").map((p) => p.name);
    return (
      `Chosen: ${chosen}. Learned: ${learned}. Done: ${done.join(" and ")}, whoever wanted it. ` +
      `Safe at every step: ${safety.violations.length} violations of agreement and validity.`
    );
  }

  private arrangeDistances(): void {
    for (const acceptor of ACCEPTORS) {
      const conditions = latency(acceptor === this.near ? NEAR_MS : FAR_MS);
      this.network.setLink(EARLY, acceptor, conditions);
      this.network.setLink(acceptor, EARLY, conditions);
    }
    this.network.cut(LATE, this.near);
  }

  /** Until nobody has anything left to do. */
  private runOut(): void {
    const untilMs = this.scheduler.now() + STORY_MS_MAX;
    while (this.scheduler.step(untilMs)) {
      while (this.scheduler.step(this.scheduler.now()));
      this.teller.afterMoment();
    }
  }
}

function latency(ms: number) {
  return { ...CALM, latencyMs: { min: ms, max: ms } };
}
