/** No kernel that works is ended by the controller before its time, and of none is the end told twice. */
import type { Action } from "../../../controller/model/action.ts";
import type { AgentStatus } from "../../../controller/model/agent-api.ts";
import type { ClusterMemory, SlotMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import { agentOf, sightOf, type Sight } from "../rules/sight.ts";
import type { Notebooks } from "../world/notebooks.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";

/** Reasons that can wait. */
const CAN_WAIT = /updated to the new template|it moves from|goes down for maintenance/;
/** Busy for longer than this is known to whoever leads, and to the controller. Milliseconds. */
const KNOWN_MS = 3_000;

export class Kernels {
  private readonly judged = new Set<string>();
  /** Controller -> what its latest reconcile saw. */
  private readonly seen = new WeakMap<object, Map<string, Observed>>();
  private readonly told = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly notebooks: Notebooks,
    private readonly findings: Findings,
  ) {}

  onObserved(controller: object, memory: ClusterMemory, observed: Observed): void {
    const seen = this.seen.get(controller) ?? new Map<string, Observed>();
    this.seen.set(controller, seen.set(memory.uid, observed));
    for (const { reason, message, count } of memory.events) {
      if (reason !== "KernelsLost") continue;
      const ids = message.match(/\bk\d+\b/g) ?? [];
      const key = `${memory.uid} ${message}`;
      if (count > 1) this.findings.add("a lost kernel is told twice", message);
      if (this.told.has(key)) continue;
      this.told.add(key);
      for (const id of ids) {
        const each = `${memory.uid} ${id}`;
        if (this.told.has(each)) this.findings.add("a lost kernel is told twice", message);
        this.told.add(each);
      }
    }
  }

  onAction(controller: object, action: Action, memory: ClusterMemory): void {
    const end = endOf(action, memory);
    const taskId = end?.slot.task?.taskId;
    const observed = this.seen.get(controller)?.get(memory.uid);
    if (end === null || taskId === undefined || observed === undefined) return;
    const key = `${action.type} ${taskId}`;
    if (this.judged.has(key)) return;
    this.judged.add(key);
    const sight = sightOf(memory, observed);
    if (!works(agentOf(sight, end.slot.slot), end.slot, memory)) return;
    const busy = this.busyFor(taskId, sight);
    if (busy.length === 0 || isOver(end, memory)) return;
    const what = `${taskId} with ${busy.join(", ")}: ${end.why}`;
    this.findings.add("a busy kernel is ended before its time", what);
  }

  /** Kernels that are busy, and that the leader in sight tells of as busy. */
  private busyFor(taskId: string, sight: Sight): readonly string[] {
    if (sight.leader === null) return [];
    const told = agentOf(sight, sight.leader)?.kernels ?? [];
    const isTold = (id: string) => told.some((k) => k.id === id && k.state === "busy");
    const now = this.world.now();
    return this.notebooks
      .of(taskId)
      .filter(({ busySince }) => busySince !== null && now - busySince > KNOWN_MS)
      .map(({ id }) => id)
      .filter(isTold);
  }
}

interface End {
  readonly slot: SlotMemory;
  readonly why: string;
  /** When the controller decided it, by its own clock; null: it is not known. */
  readonly at: number | null;
}

/** Of a node, for a reason that can wait; null: none. A member that is scaled in takes its container along. */
function endOf(action: Action, { slots, cluster, events }: ClusterMemory): End | null {
  if (action.type === "KillTask" && CAN_WAIT.test(action.reason)) {
    const slot = slots.find(({ task }) => task?.taskId === action.taskId);
    const at = slot?.task?.killRequestedAt ?? null;
    return slot === undefined ? null : { slot, why: action.reason, at };
  }
  if (action.type !== "RemoveMember" || action.slot === null) return null;
  if (action.slot < cluster.spec.replicas) return null;
  const slot = slots.find((each) => each.slot === action.slot);
  const message = `slot ${action.slot} leaves etcd: scaled in`;
  const said = events.findLast((event) => event.message === message);
  const at = said === undefined ? null : Date.parse(said.lastTimestamp);
  return slot === undefined ? null : { slot, why: "scaled in", at };
}

/** The wait that the spec gives: a clock that was set back does not make it longer. */
function isOver({ slot: { task }, at }: End, { cluster }: ClusterMemory): boolean {
  const waitMs = cluster.spec.kernels.busyWaitSeconds * 1000;
  const wait = task?.kernelWait ?? null;
  if (waitMs === 0) return true;
  if (wait === null || at === null) return false;
  return at >= Math.min(wait.since + waitMs, wait.notAfter ?? Infinity);
}

/** Nothing is the matter with it that an update would mend. */
function works(
  agent: AgentStatus | null,
  { isLearner }: SlotMemory,
  memory: ClusterMemory,
): boolean {
  if (agent === null || isLearner || memory.recovery.inProgress !== null) return false;
  const { etcd, units, storage } = agent;
  const serves = units.sshd.ready && units.jupyter.ready && storage.ready;
  return serves && etcd !== null && etcd.leaderId !== null && !etcd.isLearner;
}
