/** A plan in the making: the one place where the planner's steps leave what they decided. */
import type { Action, ActionType } from "../model/action.ts";
import type { ClusterMemory, SlotMemory, SlotTask } from "../model/memory.ts";
import type { RecoveryMemory, VoteChange } from "../model/recovery-memory.ts";
import type { ClusterEvent, EventReason } from "../model/resource.ts";
import { addEvent, addOrderEvent } from "./events.ts";
import type { PlanInput } from "./input.ts";
import { OfferVerdicts } from "./launch/offer-verdicts.ts";

/**
 * Longest time between two reconciles, so that a lost event delays a repair and never prevents it.
 */
export const RESYNC_MS = 10_000;

const MEMBERSHIP_CHANGES: ReadonlySet<ActionType> = new Set([
  "AddLearner",
  "PromoteMember",
  "RemoveMember",
]);

export class PlanBuilder {
  readonly now: number;
  readonly actions: Action[] = [];
  /** Slot -> why it can't be launched now, one sentence; for people, no step reads it. */
  readonly launchBlockers = new Map<number, string>();
  /** Slot -> of what kind that is; a launch that waits after a failure is told of as that. */
  readonly blockKinds = new Map<number, string>();
  /** What was made of each offer; for people, no step reads it. */
  readonly offers = new OfferVerdicts();
  wantsOffers = false;
  requeueAt: number;
  #memory: ClusterMemory;

  constructor({ memory, now }: Pick<PlanInput, "memory" | "now">) {
    this.now = now;
    this.#memory = memory;
    this.requeueAt = now + RESYNC_MS;
  }

  /** As the steps so far have left it. */
  get memory(): ClusterMemory {
    return this.#memory;
  }

  updateMemory(patch: Partial<ClusterMemory>): void {
    this.#memory = { ...this.#memory, ...patch };
  }

  updateRecovery(patch: Partial<RecoveryMemory>): void {
    this.updateMemory({ recovery: { ...this.memory.recovery, ...patch } });
  }

  slot(slot: number): SlotMemory {
    const memory = this.memory.slots.find((s) => s.slot === slot);
    if (memory === undefined) throw new Error(`slot ${slot} is not in the plan`);
    return memory;
  }

  addSlot(memory: SlotMemory): void {
    const slots = [...this.memory.slots, memory].sort((a, b) => a.slot - b.slot);
    this.updateMemory({ slots });
  }

  patchSlot(slot: number, patch: Partial<SlotMemory>): void {
    const patched = { ...this.slot(slot), ...patch };
    const slots = this.memory.slots.map((s) => (s.slot === slot ? patched : s));
    this.updateMemory({ slots });
  }

  patchTask(slot: number, patch: Partial<SlotTask>): void {
    const { task } = this.slot(slot);
    if (task === null) throw new Error(`slot ${slot} has no task to change`);
    this.patchSlot(slot, { task: { ...task, ...patch } });
  }

  /** At most one change a reconcile: the next is decided on the membership that came of it. */
  get changesMembership(): boolean {
    return this.actions.some(({ type }) => MEMBERSHIP_CHANGES.has(type));
  }

  addAction(action: Action): void {
    this.actions.push(action);
  }

  /**
   * Changes a vote: the next reconcile may find a quorum that has it, one that has not, or none. Another
   * vote is changed only when that is known: a membership of before would have both of them to spare.
   *
   * @returns whether it is changed
   */
  addVoteChange(
    action: Extract<Action, { readonly type: VoteChange["type"] }> & { readonly slot: number },
  ): boolean {
    const { type, slot, memberId } = action;
    const before = this.memory.recovery.voteChange;
    if (before !== null && (before.type !== type || before.memberId !== memberId)) return false;
    const voteChange = { type, memberId, at: this.now };
    this.updateRecovery({ pendingVoterChange: slot, voteChange });
    this.addAction(action);
    return true;
  }

  /** Marks a slot's task to be ended; `repeatKills` asks Mesos until its end is known. */
  killTask(slot: number, reason: string): void {
    const { task } = this.slot(slot);
    if (task === null || task.killRequestedAt !== null) return;
    this.patchTask(slot, { killRequestedAt: this.now, killReason: reason });
    this.addEvent("Normal", "NodeStopping", `the container of slot ${slot} is stopped: ${reason}`);
  }

  addEvent(type: ClusterEvent["type"], reason: EventReason, message: string): void {
    const events = addEvent(this.memory.events, { type, reason, message }, this.now);
    this.updateMemory({ events });
  }

  /** Of an action that is repeated until what it does is seen. */
  addOrderEvent(type: ClusterEvent["type"], reason: EventReason, message: string): void {
    const events = addOrderEvent(this.memory.events, { type, reason, message }, this.now);
    this.updateMemory({ events });
  }

  /**
   * What is due has had its turn in this very reconcile: another at once would find nothing else.
   */
  requeue(at: number): void {
    if (at > this.now) this.requeueAt = Math.min(this.requeueAt, at);
  }
}
