/**
 * A pool of GlusterFS servers made and used through the `gluster` command on one of them, wherever that
 * runs: in a container, a namespace, another machine. Every step may be taken again.
 */
import { until } from "../poll.ts";

/** Runs a command beside the first server's glusterd; rejects with what it said. */
export type RunOnServer = (argv: readonly string[]) => Promise<string>;

export interface VolumePlan {
  readonly name: string;
  /** Addresses of the servers, the first one's too; a brick on each, and all hold all files. */
  readonly servers: readonly string[];
  /** Directory of the bricks on each server. */
  readonly directory: string;
  /** Seconds after which a brick that is silent is given up (GlusterFS itself: 42). */
  readonly pingSeconds: number;
}

const WAIT_MS = 30_000;

/** Resolves when the volume is started on all servers. */
export async function createVolume(run: RunOnServer, plan: VolumePlan): Promise<void> {
  const { name, servers, directory, pingSeconds } = plan;
  const [, ...others] = servers;
  for (const server of others) await gluster(run, ["peer", "probe", server]);
  await until("all servers are in the pool", () => poolHas(run, others.length), WAIT_MS);
  const bricks = servers.map((server) => `${server}:${directory}/${name}`);
  const replica = servers.length > 1 ? ["replica", String(servers.length)] : [];
  await gluster(run, ["volume", "create", name, ...replica, ...bricks, "force"]);
  await gluster(run, ["volume", "set", name, "network.ping-timeout", String(pingSeconds)]);
  await gluster(run, ["volume", "start", name]);
}

/** Starts bricks that have ended, on whichever server they were. */
export async function restartBricks(run: RunOnServer, name: string): Promise<void> {
  await gluster(run, ["volume", "start", name, "force"]);
}

/** Until it succeeds: a server that has just started does not take every command yet. */
async function gluster(run: RunOnServer, args: readonly string[]): Promise<void> {
  await until(
    `gluster ${args.join(" ")}`,
    async () => {
      const said = await run(["gluster", "--mode=script", "--timeout=10", ...args]).catch(String);
      if (/success|already (started|exists|in peer list|part of)/i.test(said)) return true;
      throw new Error(said.trim());
    },
    WAIT_MS,
  );
}

async function poolHas(run: RunOnServer, count: number): Promise<boolean> {
  const said = await run(["gluster", "--mode=script", "--timeout=10", "peer", "status"]);
  return said.split("State: Peer in Cluster (Connected)").length - 1 === count;
}
