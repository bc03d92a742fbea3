/** Draws faults from the seed, lets them happen, and ends what is not over when the time is up. */
import { clusterKey } from "../../../controller/model/ids.ts";
import type { Checker } from "../check/checker.ts";
import type { Rng } from "../engine/rng.ts";
import { type Phase, phaseOf } from "../world/phases.ts";
import type { World } from "../world/world.ts";
import type { Writer } from "../world/writer.ts";
import { CONTROLLER_FAULTS } from "./controller.ts";
import { DATA_FAULTS } from "./data.ts";
import type { Fault, Scene } from "./fault.ts";
import { HOST_FAULTS } from "./hosts.ts";
import { MESOS_FAULTS } from "./mesos.ts";
import { NETWORK_FAULTS } from "./network.ts";
import { PEOPLE_FAULTS } from "./people.ts";
import { PROCESS_FAULTS } from "./processes.ts";
import { STORAGE_FAULTS } from "./storage.ts";
import { STORE_FAULTS } from "./store.ts";
import { ZOOKEEPER_FAULTS } from "./zookeeper.ts";

export const ALL_FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...HOST_FAULTS,
  ...MESOS_FAULTS,
  ...ZOOKEEPER_FAULTS,
  ...STORAGE_FAULTS,
  ...STORE_FAULTS,
  ...NETWORK_FAULTS,
  ...CONTROLLER_FAULTS,
  ...DATA_FAULTS,
  ...PEOPLE_FAULTS,
];

/** `fault kind/phase` -> how often. */
export type Coverage = Record<string, number>;

export class Chaos {
  readonly coverage: Coverage = {};
  private readonly scene: Scene;
  private readonly undoings = new Set<() => void>();
  private over = false;

  constructor(
    private readonly world: World,
    checker: Checker,
    writers: ReadonlyMap<string, Writer>,
    private readonly rng: Rng,
    private readonly options: {
      /** Mean time between two faults. Milliseconds. */
      readonly everyMs: number;
      readonly faults: readonly Fault[];
    },
  ) {
    this.scene = {
      world,
      checker,
      rng,
      writers,
      undoLater: (delayMs, undo) => this.undoLater(delayMs, undo),
    };
  }

  start(): void {
    const { everyMs } = this.options;
    this.world.scheduler.after(Math.round(this.rng.exponential(everyMs)), () => {
      if (this.over) return;
      this.strike();
      this.start();
    });
  }

  /** Faults end; what broke and was to be mended later is mended now. */
  end(): void {
    this.over = true;
    for (const undo of this.undoings) undo();
    this.undoings.clear();
    this.scene.checker.onEffectExtra = () => undefined;
    this.world.network.calm();
    this.world.site.connectivityChanged();
    const { world } = this;
    world.startController();
    for (const agent of world.site.agents) agent.removeOrphans();
  }

  private strike(): void {
    const fault = this.draw();
    const phases = this.phases();
    const hit = fault.strike(this.scene);
    if (hit === null) return;
    this.world.trace.add("fault", fault.kind, hit);
    const counted = hit === "all" ? new Set(phases.values()) : [phases.get(hit) ?? "creating"];
    for (const phase of counted) {
      const pair = `${fault.kind}/${phase}`;
      this.coverage[pair] = (this.coverage[pair] ?? 0) + 1;
    }
  }

  private draw(): Fault {
    const { faults } = this.options;
    const total = faults.reduce((sum, f) => sum + f.weight, 0);
    let at = this.rng.fraction() * total;
    for (const fault of faults) {
      at -= fault.weight;
      if (at < 0) return fault;
    }
    return faults.at(-1) as Fault;
  }

  private phases(): ReadonlyMap<string, Phase> {
    const { user, controller } = this.world;
    return new Map(
      user.names().map((name) => {
        const key = clusterKey({ namespace: "default", name });
        return [name, phaseOf(controller?.memories().get(key) ?? this.world.storedMemory(name))];
      }),
    );
  }

  private undoLater(delayMs: number, undo: () => void): void {
    this.undoings.add(undo);
    this.world.scheduler.after(delayMs, () => {
      if (this.undoings.delete(undo)) undo();
    });
  }
}
