/** What only a leader knows: how far each other member is, and what is asked of it. */
import type { Configuration, NodeId } from "./types.ts";
import { membersOf, quorumOf } from "./configuration.ts";

/** The leader's view of one member's log. */
export interface Progress {
  /** Highest index known to be in its log, durably. */
  match: number;
  /** The next entry to send. */
  next: number;
  /**
   * `probe`: where its log matches is not known, so one message at a time; `replicate`: entries
   * are sent without waiting; `snapshot`: one is under way.
   */
  mode: "probe" | "replicate" | "snapshot";
  /** A probe is under way. */
  paused: boolean;
  /** When the snapshot that is under way was sent, milliseconds since the epoch. */
  snapshotAt: number;
  /** Answered since the last check of the quorum. */
  active: boolean;
}

export interface PendingRead {
  readonly number: number;
  readonly context: number;
  /** The member that asked. */
  readonly from: NodeId;
  readonly index: number;
  readonly confirmedBy: Set<NodeId>;
}

export class Leadership {
  readonly progress = new Map<NodeId, Progress>();
  /** Reads that wait for a quorum to confirm that this node still leads. */
  reads: PendingRead[] = [];
  /** Reads that wait for the first commit of this term. */
  heldReads: { readonly context: number; readonly from: NodeId }[] = [];
  nextRead = 1;
  transferee: NodeId | null = null;
  transferSince = 0;

  /**
   * @param pendingConfigurationIndex another change is refused until this index is applied
   * @param quorumCheckedAt milliseconds since the epoch
   */
  constructor(
    private readonly self: NodeId,
    public pendingConfigurationIndex: number,
    public quorumCheckedAt: number,
  ) {}

  /** Members that came get a progress, those that went lose it. */
  follow(configuration: Configuration, lastIndex: number): void {
    const members = membersOf(configuration);
    for (const id of this.progress.keys()) if (!members.includes(id)) this.progress.delete(id);
    for (const id of members) {
      if (this.progress.has(id)) continue;
      this.progress.set(id, {
        match: 0,
        next: lastIndex + 1,
        mode: "probe",
        paused: false,
        snapshotAt: 0,
        // Whoever was added a moment ago could not answer yet.
        active: true,
      });
    }
    if (this.transferee !== null && !this.progress.has(this.transferee)) this.transferee = null;
  }

  /** The highest index that a quorum holds. */
  quorumIndex(configuration: Configuration): number {
    const held = configuration.voters.map((id) => this.progress.get(id)?.match ?? 0);
    held.sort((a, b) => b - a);
    return held[quorumOf(configuration) - 1] ?? 0;
  }

  /** Whether a quorum answered since the last call; the counting starts anew. */
  checkQuorum(configuration: Configuration): boolean {
    let count = 0;
    for (const [id, progress] of this.progress) {
      if (!configuration.voters.includes(id)) continue;
      if (progress.active || id === this.self) count += 1;
      progress.active = false;
    }
    return count >= quorumOf(configuration);
  }
}
