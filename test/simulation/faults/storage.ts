/** The shared file system is away: on one host, or on all of them. */
import type { DockerHost } from "../mesos/docker-host.ts";
import type { Fault, Scene } from "./fault.ts";

function fail({ rng, undoLater }: Scene, hosts: readonly DockerHost[]): "all" {
  const state = rng.pick(["dead", "hung"] as const);
  for (const host of hosts) host.sharedStorage = state;
  undoLater(rng.integer(2_000, 60_000), () => {
    for (const host of hosts) host.sharedStorage = "mounted";
  });
  return "all";
}

export const STORAGE_FAULTS: readonly Fault[] = [
  {
    kind: "shared storage away on a host",
    weight: 1,
    strike: (scene) => fail(scene, [scene.rng.pick(scene.world.hosts)]),
  },
  {
    kind: "shared storage away everywhere",
    weight: 0.5,
    strike: (scene) => fail(scene, scene.world.hosts),
  },
];
