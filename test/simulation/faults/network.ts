/** The network fails: partitions of any two, places that are cut off, bad weather. */
import { CALM, type LinkConditions } from "../engine/network.ts";
import { STORE } from "../store/site-store.ts";
import { CONTROLLER_PLACES } from "../world/controllers.ts";
import { CLIENT } from "../world/writer.ts";
import type { Fault, Scene } from "./fault.ts";

const LASTS_MS = { min: 2_000, max: 60_000 };

/** Single containers, and the places that they and all others are at. */
function ends({ world }: Scene): string[] {
  const controllers = world.store === null ? CONTROLLER_PLACES.slice(0, 1) : CONTROLLER_PLACES;
  const store = world.store === null ? [] : [STORE];
  const masters = world.site.masters.map((m) => m.name);
  const places = [...controllers, ...store, CLIENT, ...masters];
  const servers = world.zooKeeper.servers.map((s) => s.name);
  const hosts = world.hosts.map((h) => h.name);
  return [...places, ...servers, ...hosts, ...world.containers().map((c) => c.name)];
}

/** Heals by itself after a while. */
export function partition(scene: Scene, cuts: readonly (readonly [string, string])[]): void {
  const { world, rng } = scene;
  const { partitions } = world.network;
  for (const [from, to] of cuts) partitions.cutOneWay(from, to);
  world.site.connectivityChanged();
  scene.undoLater(rng.integer(LASTS_MS.min, LASTS_MS.max), () => {
    for (const [from, to] of cuts) partitions.heal(from, to);
    world.site.connectivityChanged();
  });
}

/** These reach one another, and nobody else. */
export function isolate(scene: Scene, places: ReadonlySet<string>): void {
  const others = ends(scene).filter((other) => !places.has(other));
  partition(
    scene,
    [...places].flatMap((place) =>
      others.flatMap((other) => [[place, other] as const, [other, place] as const]),
    ),
  );
}

export const NETWORK_FAULTS: readonly Fault[] = [
  {
    kind: "partition of two",
    weight: 4,
    strike: (scene) => {
      const [a, b] = scene.rng.shuffle(ends(scene));
      if (a === undefined || b === undefined) return null;
      partition(scene, [
        [a, b],
        [b, a],
      ]);
      return "all";
    },
  },
  {
    kind: "partition one way",
    weight: 2,
    strike: (scene) => {
      const [a, b] = scene.rng.shuffle(ends(scene));
      if (a === undefined || b === undefined) return null;
      partition(scene, [[a, b]]);
      return "all";
    },
  },
  {
    kind: "cut off from all",
    weight: 4,
    strike: (scene) => {
      isolate(scene, new Set([scene.rng.pick(ends(scene))]));
      return "all";
    },
  },
  {
    kind: "bad weather",
    weight: 3,
    strike: ({ world, rng, undoLater }) => {
      world.network.setConditions(
        storm(rng.fraction() * 0.3, 0.1),
        storm(rng.fraction() * 0.05, 0),
      );
      undoLater(rng.integer(3_000, 30_000), () => world.network.setConditions(...CLEAR));
      return "all";
    },
  },
];

function storm(lossChance: number, duplicateChance: number): LinkConditions {
  return {
    latencyMs: { min: 1, max: 30 },
    lossChance,
    duplicateChance,
    delayChance: 0.1,
    delayMs: { min: 50, max: 3_000 },
    reorderChance: duplicateChance,
  };
}

const CLEAR = [CALM, CALM] as const;
