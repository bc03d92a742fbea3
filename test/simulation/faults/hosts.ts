/** Several machines fail together, or one for good: with their containers, their agents, their disks. */
import type { DockerHost } from "../mesos/docker-host.ts";
import type { Fault, Scene } from "./fault.ts";
import { isolate } from "./network.ts";

/** So many are left, whatever is lost for good. */
const HOSTS_LEFT_MIN = 2;

/** Two or more, never all but by chance of a small site. */
function several({ world, rng }: Scene): readonly DockerHost[] {
  const up = rng.shuffle(world.hosts.filter((h) => h.up));
  return up.length < 2 ? [] : up.slice(0, rng.integer(2, up.length));
}

function powerOff({ world }: Scene, host: DockerHost): void {
  world.agentOf(host).crash();
  host.powerOff();
}

function powerOn({ world }: Scene, host: DockerHost): void {
  host.powerOn();
  world.agentOf(host).start();
}

function loseDisks({ world }: Scene, host: DockerHost): void {
  for (const volume of host.volumes.values()) volume.lose();
  host.volumes.clear();
  world.agentOf(host).loseIdentity();
}

export const HOST_FAULTS: readonly Fault[] = [
  {
    kind: "hosts lose power together",
    weight: 2,
    strike: (scene) => {
      const hosts = several(scene);
      for (const host of hosts) powerOff(scene, host);
      for (const host of hosts) {
        scene.undoLater(scene.rng.integer(3_000, 90_000), () => powerOn(scene, host));
      }
      return hosts.length === 0 ? null : "all";
    },
  },
  {
    kind: "rack cut off",
    weight: 2,
    strike: (scene) => {
      const hosts = several(scene);
      if (hosts.length === 0) return null;
      isolate(scene, new Set(hosts.map((h) => h.name)));
      return "all";
    },
  },
  {
    kind: "host loses its disks",
    weight: 1,
    strike: (scene) => {
      const host = scene.rng.pick(scene.world.hosts);
      if (!host.up) return null;
      powerOff(scene, host);
      loseDisks(scene, host);
      scene.undoLater(scene.rng.integer(3_000, 60_000), () => powerOn(scene, host));
      return "all";
    },
  },
  {
    // An operator says so, when he is sure of it.
    kind: "host never comes back",
    weight: 0.5,
    strike: (scene) => {
      const { world, rng, undoLater } = scene;
      const host = rng.pick(world.hosts);
      const left = world.hosts.filter((h) => h !== host && !h.retired);
      if (host.retired || left.length < HOSTS_LEFT_MIN) return null;
      powerOff(scene, host);
      host.retired = true;
      undoLater(rng.integer(5_000, 90_000), () => world.markGone(host));
      return "all";
    },
  },
];
