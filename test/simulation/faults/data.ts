/** Slots' data is lost or breaks. */
import type { Container } from "../mesos/docker-host.ts";
import type { Fault, Scene } from "./fault.ts";

function containersOf({ world, rng }: Scene): readonly Container[] {
  const running = world.containers().filter((c) => c.running);
  if (running.length === 0) return [];
  const { cluster } = rng.pick(running).config;
  return rng.shuffle(running.filter((c) => c.config.cluster === cluster));
}

function strike(scene: Scene, count: number, ruin: (container: Container) => void): string | null {
  const containers = containersOf(scene).slice(0, count);
  for (const container of containers) {
    scene.world.hosts.find((h) => h.name === container.hostname)?.kill(container, "data ruined");
    ruin(container);
  }
  return containers[0]?.config.cluster ?? null;
}

export const DATA_FAULTS: readonly Fault[] = [
  {
    kind: "data lost",
    weight: 2,
    strike: (scene) => strike(scene, 1, ({ volume }) => volume.lose()),
  },
  {
    kind: "data corrupted",
    weight: 2,
    strike: (scene) => strike(scene, 1, ({ volume }) => volume.etcd.corrupt()),
  },
  {
    kind: "data of two lost",
    weight: 1,
    strike: (scene) => strike(scene, 2, ({ volume }) => volume.lose()),
  },
  {
    kind: "all data lost",
    weight: 0.5,
    strike: (scene) => strike(scene, 9, ({ volume }) => volume.lose()),
  },
];
