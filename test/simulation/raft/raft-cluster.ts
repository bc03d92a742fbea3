/** Raft nodes on a network, with a state machine that is the list of its commands; for checks. */
import type { Clock } from "../../../controller/model/ports.ts";
import type { MessageNetwork } from "../engine/network.ts";
import type { Rng } from "../engine/rng.ts";
import type { Trace } from "../engine/trace.ts";
import type { RaftCore, RaftHost, RaftOptions } from "./core.ts";
import { bootDisk, Disk } from "./disk.ts";
import { RaftNode } from "./raft-node.ts";
import { RaftSafety } from "./safety.ts";
import type { Configuration, NodeId, RaftEvent, RaftMessage } from "./types.ts";

/** Between applying its own removal and the end of a process: time to tell the others. */
const RETIRE_MS = 1_000;

export interface RaftClusterOptions {
  readonly ids: readonly NodeId[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly network: MessageNetwork<RaftMessage>;
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly snapshotEvery?: number;
  readonly entriesKept?: number;
  readonly trace?: Trace;
  /** How long a node waits for a leader; drawn from the usual range by default. */
  readonly electionTimeout?: (id: NodeId) => number;
  readonly onEvent?: (core: RaftCore, event: RaftEvent) => void;
  /** What each disk is made of, e.g. to break it. */
  readonly disk?: (holding: Disk) => Disk;
}

export interface Member {
  readonly id: NodeId;
  readonly disk: Disk;
  /** Null while it is down. */
  node: RaftNode | null;
  /** Commands applied, in order. */
  commands: readonly unknown[];
  readonly panics: string[];
  detach: () => void;
}

export class RaftCluster {
  readonly safety = new RaftSafety();
  readonly members = new Map<NodeId, Member>();

  constructor(private readonly options: RaftClusterOptions) {
    const configuration = { voters: [...options.ids].sort(), learners: [] };
    for (const id of options.ids) this.add(id, configuration);
  }

  /** @param configuration with which it begins; null for a member that is to learn it */
  add(id: NodeId, configuration: Configuration | null): void {
    const holding = configuration === null ? new Disk() : bootDisk(configuration, []);
    const disk = this.options.disk?.(holding) ?? holding;
    const member: Member = {
      id,
      disk,
      node: null,
      commands: [],
      panics: [],
      detach: () => undefined,
    };
    this.members.set(id, member);
    this.start(id);
  }

  start(id: NodeId): void {
    const member = this.member(id);
    if (member.node !== null) return;
    member.commands = [];
    const node: RaftNode = new RaftNode(
      this.raftOptions(id),
      this.hostOf(member, () => node),
      (r) => {
        member.panics.push(r);
        this.crash(id);
      },
    );
    member.node = node;
    member.detach = this.options.network.attach(id, (from, message) => node.step(from, message));
    node.start();
  }

  /** @param survivingWrites how many unsynced writes reach the disk all the same */
  crash(id: NodeId, survivingWrites = 0): void {
    const member = this.member(id);
    member.node?.stop();
    member.node = null;
    member.detach();
    member.disk.crash(survivingWrites);
  }

  member(id: NodeId): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  /** The nodes that run. */
  nodes(): readonly RaftNode[] {
    return [...this.members.values()].flatMap((m) => (m.node === null ? [] : [m.node]));
  }

  /** Of several that think so, the one with the highest term. */
  leader(): RaftNode | null {
    const leaders = this.nodes().filter((n) => n.core.role === "leader");
    leaders.sort((a, b) => b.core.term - a.core.term);
    return leaders[0] ?? null;
  }

  /** A leader that was removed would lead on: its process ends, and what comes back only votes. */
  private retire(id: NodeId): void {
    this.options.clock.after(RETIRE_MS, () => {
      if (this.member(id).node?.core.role !== "leader") return;
      this.crash(id);
      this.start(id);
    });
  }

  private raftOptions(id: NodeId): RaftOptions {
    const { heartbeatMs, electionMs, snapshotEvery, entriesKept, electionTimeout } = this.options;
    return {
      id,
      heartbeatMs,
      electionMs,
      ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
      ...(entriesKept === undefined ? {} : { entriesKept }),
      ...(electionTimeout === undefined ? {} : { electionTimeout: () => electionTimeout(id) }),
    };
  }

  private hostOf(member: Member, node: () => RaftNode): RaftHost {
    const { clock, rng, network, trace, onEvent } = this.options;
    const { id, disk } = member;
    return {
      clock,
      disk,
      rng: rng.fork(`raft ${id}`),
      send: (to, message) => network.send(id, to, message),
      apply: (entry) => {
        if (entry.body.kind !== "command") return;
        member.commands = [...member.commands, entry.body.command];
      },
      admit: (change) => {
        if (change.type === "remove" && change.id === id) this.retire(id);
        return true;
      },
      capture: () => member.commands,
      restore: (state) => {
        member.commands = state as readonly unknown[];
      },
      readable: () => undefined,
      observe: (event) => {
        const { core } = node();
        trace?.add(id, event.type, core.term, core.lastIndex, core.commit);
        this.safety.observe(core, event);
        onEvent?.(core, event);
      },
    };
  }
}
