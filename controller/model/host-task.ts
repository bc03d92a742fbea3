/**
 * What a launch failed on and a short command on its host may mend, and that command as a Mesos task of
 * its own kind, which is no node's.
 */

/**
 * - `CreateNetwork`: that host's engine has no network of the spec's name;
 * - `ReleaseAddress`: the slot's address is held by what nobody has launched, or by nothing any more.
 */
export type HostWork = "CreateNetwork" | "ReleaseAddress";

export interface Repair {
  readonly work: HostWork;
  /** Of the launch that failed. */
  readonly agentId: string;
  readonly hostname: string;
  /** Since when an offer of that host is waited for; null: not yet. Milliseconds since the epoch. */
  readonly since: number | null;
  readonly state: "wanted" | "asked" | "tried";
  /** Why the latest try came to nothing; null: there was none, or it went well. */
  readonly outcome: string | null;
}

export interface HostTask {
  readonly taskId: string;
  readonly agentId: string;
  readonly hostname: string;
  /** Milliseconds since the epoch at which the intent was made. */
  readonly launchedAt: number;
  readonly work: HostWork;
  /** For whose launch. */
  readonly slot: number;
}

/** Of an address. The swarm gives it back when the container ends, or when its host is no part of it any more. */
export const HELD_BY_SWARM =
  "Swarm may hold it for a container of a host that is down; when that host is off for good, on a manager: docker node rm --force HOST (a manager: docker node demote HOST first)";

/** Of an address whose endpoint belongs to no container that anybody started. */
export const HELD_BY_DOCKER_ITSELF =
  "it is Docker's own, as each host of a Swarm has one for its load balancer; a cluster whose spec.network.firstAddress lies beyond what Docker gives out by itself does not meet it";
