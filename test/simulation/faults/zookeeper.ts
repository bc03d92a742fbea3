/** ZooKeeper fails, and with it what masters and controllers know of who leads. */
import type { Fault } from "./fault.ts";

export const ZOOKEEPER_FAULTS: readonly Fault[] = [
  {
    kind: "ZooKeeper server killed",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      const server = rng.pick(world.zooKeeper.servers);
      if (!server.isRunning) return null;
      server.crash();
      undoLater(rng.integer(1_000, 40_000), () => server.start());
      return "all";
    },
  },
  {
    kind: "ZooKeeper server hangs",
    weight: 1,
    strike: ({ world, rng, undoLater }) => {
      const server = rng.pick(world.zooKeeper.servers);
      server.hang(true);
      undoLater(rng.integer(1_000, 40_000), () => server.hang(false));
      return "all";
    },
  },
  {
    // Whoever asks it is told of a master that has died, or of one that was deposed.
    kind: "ZooKeeper server lags behind",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      const server = rng.pick(world.zooKeeper.servers);
      world.zooKeeper.lag(server, rng.integer(1_000, 20_000));
      undoLater(rng.integer(5_000, 40_000), () => world.zooKeeper.lag(server, 0));
      return "all";
    },
  },
  {
    kind: "ZooKeeper without a quorum",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      if (!world.zooKeeper.hasQuorum) return null;
      world.zooKeeper.setQuorum(false);
      world.site.election.connectivityChanged();
      undoLater(rng.integer(1_000, 30_000), () => world.zooKeeper.setQuorum(true));
      return "all";
    },
  },
  {
    kind: "ZooKeeper loses everything",
    weight: 0.5,
    strike: ({ world }) => {
      if (!world.zooKeeper.hasQuorum) return null;
      world.zooKeeper.wipe();
      world.site.election.wiped();
      return "all";
    },
  },
  {
    kind: "Mesos master deposed",
    weight: 3,
    strike: ({ world }) => {
      const leader = world.site.leader();
      return leader !== null && world.site.election.depose(leader) ? "all" : null;
    },
  },
];
