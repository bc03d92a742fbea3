/** Hosts of which some run nodes of a cluster: what they offer, how they come and go. */
import type { Unavailability } from "../../../controller/model/offer.ts";
import type { ObservedOffer } from "../../../controller/model/observed.ts";
import type { Plan } from "../../../controller/plan/input.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { FakeWorld } from "./fake-world.ts";
import { fakeMemory, fakeOffer, T0 } from "./fixtures.ts";
import { PlannerRun } from "./run.ts";

const SOON = { from: T0 + 30 * 60_000, until: null };

/** A cluster on the hosts that there are at first; the leader is in slot 1. */
export class Site extends PlannerRun {
  readonly hosts: Set<number>;
  /** What is different about a host's offer. */
  readonly offers = new Map<number, Partial<ObservedOffer>>();
  /** The least that ran at the same time since the cluster was ready. */
  leastRunning: number;

  constructor(hosts: readonly number[], spec: Partial<ClusterSpec> = {}) {
    const offers = () =>
      [...this.hosts].map((n) => {
        const agentId = `agent-${n}`;
        const unavailability = this.world.maintenance.get(agentId) ?? null;
        const place = { id: `offer-${n}`, agentId, hostname: `host-${n}`, unavailability };
        return fakeOffer({ ...place, ...this.offers.get(n) });
      });
    super(fakeMemory(spec), new FakeWorld("172.30.0.10", () => offers()));
    this.hosts = new Set(hosts);
    this.untilReady();
    this.leastRunning = this.world.runningSlots().length;
    if (this.world.leaderSlot !== 1) throw new Error("another slot leads");
  }

  agentOf(slot: number): string {
    return this.memory.slots.find((s) => s.slot === slot)?.task?.agentId ?? "none";
  }

  /** By slot. */
  get hostnames(): readonly string[] {
    return this.memory.slots.map(({ task }) => task?.hostname ?? "none");
  }

  goesDown(agents: readonly string[], unavailability: Unavailability = SOON): void {
    this.world.maintenance = new Map(agents.map((agent) => [agent, unavailability]));
  }

  /** Reconciles; a container that ends leaves its data behind on its host. */
  pass(reconciles: number): Plan {
    let last: Plan | null = null;
    for (let i = 0; i < reconciles; i++) {
      last = this.reconcile();
      const running = this.world.runningSlots();
      this.leastRunning = Math.min(this.leastRunning, running.length);
      for (const { slot } of this.memory.slots) {
        if (!running.includes(slot)) this.world.etcd.volumes.delete(slot);
      }
    }
    if (last === null) throw new Error("nothing was reconciled");
    return last;
  }

  /** Kinds of action that leave a node, since `from`. */
  left(from: number): string[] {
    const leaving = new Set(["MoveLeader", "KillTask"]);
    const done = this.done.slice(from).filter(({ type }) => leaving.has(type));
    return done.map((action) => {
      if (action.type === "MoveLeader") return `MoveLeader ${action.fromSlot}`;
      return action.type === "KillTask" ? `KillTask ${action.taskId.split(".").at(-2)}` : "";
    });
  }
}
