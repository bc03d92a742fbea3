/** What is really so in a world, as nobody in it can know. */
import type { EtcdServer } from "../etcd/server.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { RaftCore } from "../raft/core.ts";
import type { World } from "../world/world.ts";

export interface LiveMember {
  readonly container: Container;
  readonly slot: number;
  readonly server: EtcdServer;
  readonly core: RaftCore;
  readonly clusterId: string;
  readonly history: string | null;
}

/** Members whose etcd runs. */
export function liveMembers(world: World, cluster: string): readonly LiveMember[] {
  const found: LiveMember[] = [];
  for (const container of world.containers()) {
    if (!container.running || container.config.cluster !== cluster) continue;
    const server = world.nodeOf(container)?.etcd.server ?? null;
    const core = server?.core ?? null;
    const identity = server?.identity ?? null;
    if (server === null || core === null || identity === null || core.stopped) continue;
    const { clusterId, history } = identity;
    found.push({ container, slot: container.config.slot, server, core, clusterId, history });
  }
  return found;
}

export interface Quorum {
  readonly leader: LiveMember;
  /** Voters that follow the leader and reach it, itself included. */
  readonly following: readonly LiveMember[];
  readonly voters: readonly string[];
}

/** The leader that a quorum follows now; null: there is none. */
export function quorumOf(world: World, members: readonly LiveMember[]): Quorum | null {
  for (const leader of members) {
    if (leader.core.role !== "leader") continue;
    const { voters } = leader.core.configuration;
    const following = members.filter((m) => follows(world, m, leader, voters));
    if (following.length >= majorityOf(voters.length)) return { leader, following, voters };
  }
  return null;
}

function follows(
  world: World,
  member: LiveMember,
  leader: LiveMember,
  voters: readonly string[],
): boolean {
  const { core } = member;
  if (!voters.includes(core.id) || core.term !== leader.core.term) return false;
  if (core.leader !== leader.core.id || member.history !== leader.history) return false;
  return world.network.partitions.connects(member.container.name, leader.container.name);
}

export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** A person has said that this machine never comes back: what is on it counts as gone. */
export function isGivenUp({ site, registry, hosts }: World, hostname: string): boolean {
  if (hosts.some((h) => h.name === hostname && h.givenUp)) return true;
  const agentId = site.agents.find((a) => a.name === hostname)?.agentId ?? null;
  return agentId !== null && registry.gone.has(agentId);
}
