/** A plan in the making: the one place where the planner's steps leave what they decided. */
import type { Action } from "../model/action.ts";
import type { Election } from "../model/election.ts";
import type { BootstrapMemory, RecoveryMemory, SlotMemory, SlotTask } from "../model/memory.ts";
import type { ClusterEvent } from "../model/resource.ts";
import { addEvent } from "./events.ts";
import type { PlanInput } from "./input.ts";

/** Longest time between two visits, so that a lost event delays a repair and never prevents it. */
export const RESYNC_MS = 10_000;

export class Draft {
  readonly now: number;
  readonly actions: Action[] = [];
  bootstrap: BootstrapMemory | null;
  recovery: RecoveryMemory;
  compactedAt: number | null;
  events: readonly ClusterEvent[];
  elections: readonly Election[];
  wantsOffers = false;
  requeueAt: number;
  /** Slot -> why it can't be launched now, one sentence. */
  readonly refusals = new Map<number, string>();
  /** At most one membership change a visit. */
  membershipChanged = false;
  private readonly bySlot: Map<number, SlotMemory>;

  constructor(input: PlanInput) {
    this.now = input.now;
    this.bootstrap = input.memory.bootstrap;
    this.recovery = input.memory.recovery;
    this.compactedAt = input.memory.compactedAt;
    this.events = input.memory.events;
    this.elections = input.memory.elections;
    this.requeueAt = input.now + RESYNC_MS;
    this.bySlot = new Map(input.memory.slots.map((s) => [s.slot, s]));
  }

  get slots(): readonly SlotMemory[] {
    return [...this.bySlot.values()].sort((a, b) => a.slot - b.slot);
  }

  slot(slot: number): SlotMemory {
    const memory = this.bySlot.get(slot);
    if (memory === undefined) throw new Error(`slot ${slot} is not in the plan`);
    return memory;
  }

  addSlot(memory: SlotMemory): void {
    this.bySlot.set(memory.slot, memory);
  }

  patchSlot(slot: number, patch: Partial<SlotMemory>): void {
    this.bySlot.set(slot, { ...this.slot(slot), ...patch });
  }

  patchTask(slot: number, patch: Partial<SlotTask>): void {
    const { task } = this.slot(slot);
    if (task === null) throw new Error(`slot ${slot} has no task to change`);
    this.patchSlot(slot, { task: { ...task, ...patch } });
  }

  recover(patch: Partial<RecoveryMemory>): void {
    this.recovery = { ...this.recovery, ...patch };
  }

  /** The next visit may find a quorum that has it, one that has not, or none to ask. */
  changeVote(slot: number, action: Action): void {
    this.recover({ unconfirmed: slot });
    this.act(action);
  }

  act(action: Action): void {
    this.actions.push(action);
  }

  /** Marks a slot's task to be ended; `repeatKills` asks Mesos until its end is known. */
  kill(slot: number, reason: string): void {
    const { task } = this.slot(slot);
    if (task === null || task.killRequestedAt !== null) return;
    this.patchTask(slot, { killRequestedAt: this.now, killReason: reason });
    this.event("Normal", "NodeStopping", `the container of slot ${slot} is stopped: ${reason}`);
  }

  event(type: ClusterEvent["type"], reason: string, message: string): void {
    this.events = addEvent(this.events, { type, reason, message }, this.now);
  }

  /** What is due has had its turn in this very visit: another at once would find nothing else. */
  requeue(at: number): void {
    if (at > this.now) this.requeueAt = Math.min(this.requeueAt, at);
  }
}
