/**
 * The controllers of a site: one with a state directory of its own, or two that share the site's
 * store. Whoever supervises them starts them again.
 */
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Logger } from "../../../controller/model/ports.ts";
import { SimulatedController } from "../controller/controller.ts";
import type { ProcessOptions } from "../controller/ports.ts";
import type { ControllerProcess } from "../controller/process.ts";
import { SiteController } from "../controller/site-controller.ts";
import { StateDisk } from "../controller/state-disk.ts";
import { SiteStore } from "../store/site-store.ts";
import type { World } from "./world.ts";

/** The places at which controllers run; the first is that of the only one. */
export const CONTROLLER = "controller";
export const CONTROLLER_PLACES = [CONTROLLER, "controller-b"] as const;
const MASTER_PORT = 5050;
/** After which a supervisor starts a controller again. */
const SUPERVISED_MS = 5_000;

export class Controllers {
  /** Every process that there has been; the newest last. */
  readonly all: ControllerProcess[] = [];
  disk: StateDisk;
  /** Null: there is one controller, on its disk. */
  readonly store: SiteStore | null;

  constructor(
    private readonly world: World,
    private readonly log: Logger,
  ) {
    this.disk = new StateDisk(world.rng.fork("disk"));
    this.store = world.options.controllers === 1 ? null : this.newStore();
  }

  /** The one in charge; null: none is, now. */
  get acting(): ControllerProcess | null {
    if (this.store !== null) return this.all.find((c) => c.acts) ?? null;
    const last = this.all.at(-1);
    return last?.isRunning === true ? last : null;
  }

  get running(): readonly ControllerProcess[] {
    return this.all.filter((c) => c.isRunning);
  }

  /** As it is stored now. */
  storedMemory(name: string): ClusterMemory | undefined {
    const key = clusterKey({ namespace: "default", name });
    return this.store === null ? this.disk.memory(key) : this.store.memories().get(key);
  }

  /** Starts what does not run at the places where controllers are to run. */
  startMissing(): void {
    const { store } = this;
    if (store === null) {
      if (this.acting === null) this.startAlone();
      return;
    }
    for (const place of CONTROLLER_PLACES) {
      if (!this.running.some((c) => c.place === place)) this.startBeside(place, store);
    }
  }

  /** A new process in the place of the one before, which has ended, or was stopped and moved away. */
  startAlone(): void {
    const controller: SimulatedController = new SimulatedController({
      ...this.processOptions(CONTROLLER, () => controller),
      disk: this.disk,
    });
    this.add(controller);
    controller.start(this.world.user.reading());
  }

  private startBeside(place: string, store: SiteStore): void {
    const controller: SiteController = new SiteController({
      ...this.processOptions(place, () => controller),
      store,
      onLeaving: (what) => this.world.watchers.onLeaving(controller, what),
    });
    this.add(controller);
    controller.start(this.world.user.reading());
  }

  private add(controller: ControllerProcess): void {
    this.all.push(controller);
    const { watchers } = this.world;
    controller.published.subscribe(({ object }) => {
      if (controller.acts) watchers.onPublished(controller, object);
    });
  }

  private processOptions(place: string, self: () => ControllerProcess): ProcessOptions {
    const { world, log } = this;
    const { watchers, trace, site, zooKeeper, options } = world;
    const number = this.all.length + 1;
    const name = `controller-${number}`;
    world.network.partitions.locate(name, place);
    trace.add("controller", "starts", number);
    return {
      name,
      place,
      clock: world.scheduler,
      rng: world.rng.fork(`controller ${number}`),
      log,
      network: world.network,
      shelf: world.shelf,
      mesos: {
        masters: site.masters.map(({ name: host, ip }) => ({ host, ip, port: MASTER_PORT })),
        zooKeeper: options.detection === "list" ? null : zooKeeper.servers.map((s) => s.name),
      },
      resolve: (ip) => world.addresses.resolve(ip, name),
      onEffect: (event) => watchers.onEffect(self(), event),
      onObserved: (memory, observed) => watchers.onObserved(self(), memory, observed),
      onAction: (action, memory) => {
        trace.add("controller", action.type, memory.cluster.metadata.name);
        watchers.onAction(self(), action, memory);
      },
      timesTold: () => world.timesTold(),
      mutation: options.mutation,
      onFatal: (reason) => this.onFatal(self(), reason),
    };
  }

  /** The process ends, and whoever supervises it starts it again if it is one in charge. */
  private onFatal(controller: ControllerProcess, reason: string): void {
    if (!controller.isRunning) return;
    this.world.trace.add("controller", "ends", reason);
    controller.crash();
    this.world.scheduler.after(SUPERVISED_MS, () => this.startMissing());
  }

  private newStore(): SiteStore {
    const { scheduler: clock, network, watchers } = this.world;
    return new SiteStore({
      clock,
      network,
      isFull: () => this.disk.full,
      onStored: (event) => watchers.onStored(event),
    });
  }
}
