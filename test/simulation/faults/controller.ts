/** What happens to the controller itself: its process, its clock, its disk, its ears. */
import type { Fault, Scene } from "./fault.ts";

function crashAndRestart({ world, rng, undoLater }: Scene): void {
  world.controller?.crash();
  undoLater(rng.integer(0, 15_000), () => {
    world.startController();
  });
}

export const CONTROLLER_FAULTS: readonly Fault[] = [
  {
    kind: "controller killed",
    weight: 3,
    strike: (scene) => {
      if (scene.world.controller === null) return null;
      crashAndRestart(scene);
      return "all";
    },
  },
  {
    kind: "controller killed before an effect",
    weight: 4,
    strike: (scene) => {
      const { controller } = scene.world;
      if (controller === null) return null;
      let left = scene.rng.integer(1, 6);
      scene.checker.onEffectExtra = (of) => {
        if (of !== controller) return;
        left -= 1;
        if (left > 0 || !controller.isRunning) return;
        crashAndRestart(scene);
      };
      return "all";
    },
  },
  {
    kind: "controller stopped for a while",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      const { controller } = world;
      if (controller === null || controller.clock.paused) return null;
      controller.clock.pause();
      undoLater(rng.integer(1_000, 60_000), () => controller.clock.resume());
      return "all";
    },
  },
  {
    kind: "two controllers",
    weight: 1,
    strike: ({ world, rng, undoLater }) => {
      // A copy from before the first registration would be another site's, on the same hosts.
      if (world.controller?.clock.paused !== false || world.disk.frameworkId === null) return null;
      const old = world.takeOver();
      if (old === null) return null;
      undoLater(rng.integer(2_000, 60_000), () => {
        old.clock.resume();
        world.scheduler.after(rng.integer(5_000, 20_000), () => old.crash());
      });
      return "all";
    },
  },
  {
    kind: "clock jumps",
    weight: 2,
    strike: ({ world, rng }) => {
      const { controller } = world;
      if (controller === null) return null;
      const far = rng.chance(0.3) ? 3_600_000 : 30_000;
      controller.clock.jump(rng.integer(-far, far));
      return "all";
    },
  },
  {
    kind: "disk full",
    weight: 2,
    strike: ({ world, rng, undoLater }) => {
      world.disk.full = true;
      undoLater(rng.integer(1_000, 20_000), () => {
        world.disk.full = false;
      });
      return "all";
    },
  },
  {
    kind: "events lost or repeated",
    weight: 3,
    strike: ({ world, rng, undoLater }) => {
      world.timesTold = () => (rng.chance(0.4) ? 0 : rng.chance(0.2) ? 2 : 1);
      undoLater(rng.integer(5_000, 40_000), () => {
        world.timesTold = () => 1;
      });
      return "all";
    },
  },
  {
    kind: "snapshots unreadable",
    weight: 1,
    strike: ({ world, rng, undoLater }) => {
      world.shelf.unreadable = true;
      undoLater(rng.integer(5_000, 40_000), () => {
        world.shelf.unreadable = false;
      });
      return "all";
    },
  },
];
