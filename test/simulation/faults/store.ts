/** What happens to the store that controllers share, and on their way to it. */
import { STORE } from "../store/site-store.ts";
import type { Fault, Scene } from "./fault.ts";
import { partition } from "./network.ts";

function aPlace({ world, rng }: Scene): string | null {
  const { running } = world;
  return world.store === null || running.length === 0 ? null : rng.pick(running).place;
}

export const STORE_FAULTS: readonly Fault[] = [
  {
    kind: "controller cut from the store",
    weight: 3,
    strike: (scene) => {
      const place = aPlace(scene);
      if (place === null) return null;
      const cuts: [string, string][] = [
        [place, STORE],
        [STORE, place],
      ];
      // One way only: what is asked arrives, and the answers get lost; or the other way round.
      partition(scene, scene.rng.chance(0.5) ? cuts : [scene.rng.pick(cuts)]);
      return "all";
    },
  },
  {
    kind: "calls to the store are late",
    weight: 2,
    strike: (scene) => {
      const { world, rng, undoLater } = scene;
      const { running } = world;
      if (world.store === null || running.length === 0) return null;
      const { name } = rng.pick(running);
      const undo = world.network.delay(name, STORE, { min: 500, max: 15_000 });
      undoLater(rng.integer(5_000, 40_000), undo);
      return "all";
    },
  },
  {
    kind: "store hangs",
    weight: 1,
    strike: ({ world, rng, undoLater }) => {
      const { store } = world;
      if (store === null) return null;
      store.hang(true);
      undoLater(rng.integer(500, 30_000), () => store.hang(false));
      return "all";
    },
  },
  {
    kind: "store compacts",
    weight: 1,
    strike: ({ world }) => {
      world.store?.compact();
      return world.store === null ? null : "all";
    },
  },
  {
    kind: "any controller killed",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      if (world.store === null || world.running.length === 0) return null;
      rng.pick(world.running).crash();
      undoLater(rng.integer(0, 20_000), () => world.startController());
      return "all";
    },
  },
  {
    kind: "any controller stopped for a while",
    weight: 3,
    strike: ({ world, rng, undoLater }) => {
      const awake = world.running.filter((c) => !c.clock.paused);
      if (world.store === null || awake.length === 0) return null;
      const { clock } = rng.pick(awake);
      clock.pause();
      undoLater(rng.integer(1_000, 40_000), () => clock.resume());
      return "all";
    },
  },
];
