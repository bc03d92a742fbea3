/**
 * What Mesos says late, twice or wrongly, and what it forgets (docs/mesos.md has each as it was seen).
 * Each is drawn by itself, beside those that a seed draws.
 */
import type { Fault } from "./fault.ts";

export const MESOS_FAULTS: readonly Fault[] = [
  {
    kind: "old updates repeated",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      const agent = rng.pick(world.site.agents);
      if (agent.repeatOldUpdates() === 0) return null;
      undoLater(rng.integer(1_000, 60_000), () => void agent.repeatOldUpdates());
      return "all";
    },
  },
  {
    kind: "container restarted by hand",
    weight: 1,
    strike: ({ world, rng }) => {
      const running = world.containers().filter((c) => c.running && !c.orphan);
      if (running.length === 0) return null;
      const container = rng.pick(running);
      const host = world.hosts.find((h) => h.name === container.hostname);
      if (host === undefined) return null;
      world.agentOf(host).restartByHand(container.config.taskId);
      return container.config.cluster;
    },
  },
  {
    kind: "Mesos registry lost",
    weight: 1,
    strike: ({ world, rng, undoLater }) => {
      const { site, registry } = world;
      const masters = site.masters.filter((m) => m.isRunning);
      if (masters.length === 0) return null;
      for (const master of masters) site.crashMaster(master);
      registry.forgetEverything();
      // Tasks are unknown until their agents come, and a host may be away for long.
      undoLater(rng.integer(1_000, 20_000), () => masters.forEach((m) => site.startMaster(m)));
      return "all";
    },
  },
  {
    kind: "framework removed",
    weight: 1,
    strike: ({ world }) => (world.site.leader()?.removeFramework() === true ? "all" : null),
  },
];
