/**
 * Tells a leader election, from real nodes: the script only stops and starts nodes, sets how long
 * each waits for a leader, and how fast its messages are. The sentences come from what the nodes
 * do, the tables from their state after it.
 */
import { CALM, MessageNetwork } from "../engine/network.ts";
import { Rng } from "../engine/rng.ts";
import { Scheduler, SIMULATION_START_MS } from "../engine/scheduler.ts";
import { RaftCluster } from "../raft/raft-cluster.ts";
import type { NodeId, RaftMessage } from "../raft/types.ts";
import { ElectionTeller } from "./election-teller.ts";
import type { Story } from "./story.ts";

const IDS = ["n1", "n2", "n3", "n4", "n5"];
const HEARTBEAT_MS = 100;
const ELECTION_MS = 1_000;
/** The wait of nodes that are not to stand in this story's elections. */
const PATIENT_MS = 1_900;
/** Terms in which two candidates wait equally long, so that neither wins. */
const SPLIT_TERMS = 2;
const LATENCY_MS = 4;
/** In the split vote: to the voter that is near, to the one that is far, to the rival. */
const NEAR_MS = 2;
const FAR_MS = 8;
const RIVAL_MS = 10;
const CHAPTER_MS_MAX = 30_000;

/** Who plays what, by lot. */
interface Cast {
  readonly firstLeader: NodeId;
  readonly secondLeader: NodeId;
  readonly rivals: readonly [NodeId, NodeId];
  readonly voter: NodeId;
}

export function tellRaftElection(story: Story, seed: number): void {
  new RaftElection(story, new Rng(seed)).tell();
}

class RaftElection {
  private readonly scheduler = new Scheduler();
  private readonly network: MessageNetwork<RaftMessage>;
  /** How long each node waits for a leader when it next draws a wait. */
  private readonly waits = new Map<NodeId, number>();
  private readonly cluster: RaftCluster;
  private readonly teller: ElectionTeller;
  private readonly cast: Cast;

  constructor(
    private readonly story: Story,
    private readonly rng: Rng,
  ) {
    this.cast = castOf(rng.fork("cast").shuffle(IDS));
    const elapsedMs = () => this.scheduler.now() - SIMULATION_START_MS;
    this.teller = new ElectionTeller(story, IDS, () => this.cluster, elapsedMs);
    this.network = new MessageNetwork(this.scheduler, rng.fork("network"), {
      conditions: latency(LATENCY_MS),
    });
    this.waits.set(this.cast.firstLeader, this.shortWait());
    this.cluster = new RaftCluster({
      ids: IDS,
      clock: this.scheduler,
      rng,
      network: this.network,
      heartbeatMs: HEARTBEAT_MS,
      electionMs: ELECTION_MS,
      electionTimeout: (id) => this.draw(id),
      onEvent: (core, event) => this.teller.onEvent(core, event),
    });
  }

  tell(): void {
    const { story } = this;
    story.paragraph(
      `Five nodes. Each waits ${ELECTION_MS} to ${2 * ELECTION_MS} ms, by lot, for a leader's ` +
        `heartbeat (every ${HEARTBEAT_MS} ms); then it stands for election. A term has one leader ` +
        "at most, since a node has one vote a term and a leader needs the votes of a majority, 3. " +
        "In brackets: promises of votes, which a node gathers before it begins a term.",
    );
    story.chapter("The first election");
    this.teller.tell("A new cluster: nobody leads. As etcd does, it boots in term 1.");
    this.untilSettled();
    this.loseFirstLeader();
    this.splitVote();
    story.paragraph(
      `Safe at every step: ${this.cluster.safety.violations.length} violations of election safety, ` +
        "log matching, leader completeness and state machine safety.",
    );
  }

  private loseFirstLeader(): void {
    const { firstLeader, secondLeader, rivals } = this.cast;
    this.story.chapter("The leader is lost");
    this.cluster.crash(firstLeader);
    this.teller.tell(`${firstLeader}, the leader, dies. The others do not know it yet.`);
    this.campaignNext(secondLeader);
    // Drawn with the next term, and in force when that term's leader dies in its turn.
    const equal = ELECTION_MS + this.rng.integer(400, 600);
    for (const rival of rivals) this.waits.set(rival, equal);
    this.waits.delete(secondLeader);
    this.untilSettled();
  }

  private splitVote(): void {
    const { firstLeader, secondLeader, rivals } = this.cast;
    this.story.chapter("A split vote, which repeats until one wins");
    this.waits.delete(firstLeader);
    this.cluster.start(firstLeader);
    this.run(() => this.teller.settled);
    this.teller.tell(`${firstLeader} is back, and follows ${secondLeader}.`);
    this.arrangeRivalry();
    this.cluster.crash(secondLeader);
    const both = rivals.join(" and ");
    this.teller.tell(`${secondLeader} dies. Four are left, and ${both} wait equally long.`);
    const before = this.teller.splits;
    this.run(() => this.teller.splits - before === SPLIT_TERMS - 1);
    // From the next draw on, one of them is quicker.
    this.waits.set(rivals[0], this.shortWait());
    this.untilSettled();
  }

  /** The next wait of this node is the shortest; it draws one with every term. */
  private campaignNext(id: NodeId): void {
    const core = this.cluster.member(id).node?.core;
    if (core === undefined) throw new Error(`${id} is down`);
    this.waits.set(id, this.shortWait());
    core.resetElectionTimer();
  }

  /** Each rival is near to one of the two voters, and so has its vote before the other asks. */
  private arrangeRivalry(): void {
    const { firstLeader, voter, rivals } = this.cast;
    const [a, b] = rivals;
    this.link(a, b, RIVAL_MS);
    this.link(a, firstLeader, NEAR_MS);
    this.link(b, voter, NEAR_MS);
    this.link(a, voter, FAR_MS);
    this.link(b, firstLeader, FAR_MS);
  }

  private link(a: NodeId, b: NodeId, ms: number): void {
    this.network.setLink(a, b, latency(ms));
    this.network.setLink(b, a, latency(ms));
  }

  private untilSettled(): void {
    this.run(() => this.teller.settled);
  }

  /** Lets moment after moment pass, until it is so. */
  private run(condition: () => boolean): void {
    const untilMs = this.scheduler.now() + CHAPTER_MS_MAX;
    do {
      if (!this.scheduler.step(untilMs)) throw new Error("the story does not go on");
      while (this.scheduler.step(this.scheduler.now()));
      this.teller.afterMoment();
    } while (!condition());
  }

  private draw(id: NodeId): number {
    const ms = this.waits.get(id) ?? PATIENT_MS;
    this.teller.drew(id, ms);
    return ms;
  }

  private shortWait(): number {
    return ELECTION_MS + this.rng.integer(20, 300);
  }
}

function castOf(ids: readonly NodeId[]): Cast {
  const [firstLeader, secondLeader, a, b, voter] = ids;
  const all = [firstLeader, secondLeader, a, b, voter];
  if (!all.every((id) => id !== undefined)) throw new Error("five nodes are needed");
  return {
    firstLeader: firstLeader as NodeId,
    secondLeader: secondLeader as NodeId,
    rivals: [a as NodeId, b as NodeId],
    voter: voter as NodeId,
  };
}

function latency(ms: number) {
  return { ...CALM, latencyMs: { min: ms, max: ms } };
}
