/**
 * Decides who is offered what. Pure. After Mesos's hierarchical DRF allocator: the whole free rest
 * of an agent goes to the framework with the smallest dominant share that has not refused it.
 */
import { add, type Amounts, contains, isAllocatable, NOTHING } from "./resources.ts";

/** Time between two allocations, in milliseconds (Mesos's default). */
export const ALLOCATION_MS = 1000;
const REFUSE_DEFAULT_S = 5;
const REFUSE_MAX_S = 365 * 24 * 3600;

/** A DECLINE (or the unused rest of an ACCEPT): nothing within `amounts` until the time is over. */
export interface RefusalFilter {
  readonly agentId: string;
  readonly amounts: Amounts;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface AllocatableAgent {
  readonly id: string;
  readonly total: Amounts;
  /** Neither used by tasks nor part of an outstanding offer. */
  readonly free: Amounts;
}

export interface AllocatableFramework {
  readonly id: string;
  /** Used by its tasks and outstanding in its offers, over all agents. */
  readonly allocated: Amounts;
  readonly filters: readonly RefusalFilter[];
}

export interface Grant {
  readonly frameworkId: string;
  readonly agentId: string;
  readonly amounts: Amounts;
}

/** One allocation over connected agents and subscribed, not suppressed frameworks. */
export function allocate(
  agents: readonly AllocatableAgent[],
  frameworks: readonly AllocatableFramework[],
  now: number,
): Grant[] {
  const pool = agents.reduce((sum, agent) => add(sum, agent.total), NOTHING);
  const allocated = new Map(frameworks.map((f) => [f.id, f.allocated]));
  const grants: Grant[] = [];
  for (const agent of agents) {
    if (!isAllocatable(agent.free)) continue;
    const wanting = frameworks.filter((f) => !isRefused(f.filters, agent, now));
    const shareOf = (id: string) => dominantShare(allocated.get(id) ?? NOTHING, pool);
    const [poorest] = [...wanting].sort(
      (a, b) => shareOf(a.id) - shareOf(b.id) || compareIds(a.id, b.id),
    );
    if (poorest === undefined) continue;
    allocated.set(poorest.id, add(allocated.get(poorest.id) ?? NOTHING, agent.free));
    grants.push({ frameworkId: poorest.id, agentId: agent.id, amounts: agent.free });
  }
  return grants;
}

/**
 * When a refusal ends: after the time and one allocation have passed; 0 s is no refusal. A negative
 * time means the default and an endless one a year, as in Mesos.
 */
export function refusalEnd(now: number, refuseSeconds: number | undefined): number {
  const asked = refuseSeconds ?? REFUSE_DEFAULT_S;
  const seconds = asked < 0 ? REFUSE_DEFAULT_S : Math.min(asked, REFUSE_MAX_S);
  return seconds === 0 ? now : now + Math.max(seconds * 1000, ALLOCATION_MS);
}

function isRefused(
  filters: readonly RefusalFilter[],
  agent: AllocatableAgent,
  now: number,
): boolean {
  return filters.some(
    (f) => f.agentId === agent.id && f.until > now && contains(f.amounts, agent.free),
  );
}

function dominantShare(allocated: Amounts, pool: Amounts): number {
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return Math.max(
    share(allocated.cpus, pool.cpus),
    share(allocated.mem, pool.mem),
    share(allocated.disk, pool.disk),
  );
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
