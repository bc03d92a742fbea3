/** Things that run die, hang, and come back: containers, processes, hosts, masters. */
import type { Container, DockerHost } from "../mesos/docker-host.ts";
import type { Fault, Scene } from "./fault.ts";

function aContainer({ world, rng }: Scene): Container | null {
  const running = world.containers().filter((c) => c.running);
  return running.length === 0 ? null : rng.pick(running);
}

function hostOf({ world }: Scene, container: Container): DockerHost | undefined {
  return world.hosts.find((h) => h.name === container.hostname);
}

export const PROCESS_FAULTS: readonly Fault[] = [
  {
    kind: "task killed",
    weight: 6,
    strike: (scene) => {
      const container = aContainer(scene);
      if (container === null) return null;
      hostOf(scene, container)?.kill(container, "killed");
      return container.config.cluster;
    },
  },
  {
    kind: "all tasks killed",
    weight: 1,
    strike: (scene) => {
      const cluster = aContainer(scene)?.config.cluster;
      for (const container of scene.world.containers()) {
        if (container.config.cluster !== cluster) continue;
        hostOf(scene, container)?.kill(container, "killed with all others");
      }
      return cluster ?? null;
    },
  },
  {
    kind: "etcd killed",
    weight: 4,
    strike: (scene) => {
      const container = aContainer(scene);
      if (container === null) return null;
      scene.world.nodeOf(container)?.etcd.crash();
      return container.config.cluster;
    },
  },
  {
    kind: "etcd answers no client",
    weight: 1,
    strike: (scene) => {
      const container = aContainer(scene);
      const server = container === null ? null : scene.world.nodeOf(container)?.etcd.server;
      if (container === null || server == null) return null;
      server.door.stick(true);
      scene.undoLater(scene.rng.integer(1_000, 90_000), () => server.door.stick(false));
      return container.config.cluster;
    },
  },
  {
    kind: "agent hangs",
    weight: 2,
    strike: (scene) => {
      const container = aContainer(scene);
      const node = container === null ? null : scene.world.nodeOf(container);
      if (container === null || node === null) return null;
      node.hang(true);
      scene.undoLater(scene.rng.integer(1_000, 90_000), () => node.hang(false));
      return container.config.cluster;
    },
  },
  {
    kind: "executor killed",
    weight: 1,
    strike: (scene) => {
      const container = aContainer(scene);
      const host = container === null ? undefined : hostOf(scene, container);
      if (container === null || host === undefined) return null;
      const agent = scene.world.agentOf(host);
      agent.killExecutor(container.config.taskId);
      return container.config.cluster;
    },
  },
  {
    kind: "Mesos agent killed",
    weight: 3,
    strike: ({ world, rng, undoLater }) => {
      const agent = rng.pick(world.site.agents);
      agent.crash();
      undoLater(rng.integer(1_000, 60_000), () => agent.start());
      return "all";
    },
  },
  {
    kind: "Mesos agent loses its id",
    weight: 1,
    strike: ({ world, rng, undoLater }) => {
      const agent = rng.pick(world.site.agents);
      agent.crash();
      agent.loseIdentity();
      undoLater(rng.integer(1_000, 20_000), () => agent.start());
      return "all";
    },
  },
  {
    kind: "host loses power",
    weight: 3,
    strike: ({ world, rng, undoLater }) => {
      const host = rng.pick(world.hosts);
      const agent = world.agentOf(host);
      agent.crash();
      host.powerOff();
      undoLater(rng.integer(3_000, 90_000), () => {
        host.powerOn();
        agent.start();
      });
      return "all";
    },
  },
  {
    kind: "host marked gone",
    weight: 1,
    strike: ({ world, rng }) => {
      const agent = rng.pick(world.site.agents);
      const master = world.site.leader();
      if (agent.agentId === null || master === null) return null;
      return master.markGone(agent.agentId) ? "all" : null;
    },
  },
  {
    kind: "Mesos master killed",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      const master = rng.pick(world.site.masters);
      if (!master.isRunning) return null;
      world.site.crashMaster(master);
      undoLater(rng.integer(2_000, 40_000), () => world.site.startMaster(master));
      return "all";
    },
  },
];
