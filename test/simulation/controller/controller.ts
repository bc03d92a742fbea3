/**
 * One controller process with a state directory of its own: production's core on ports of a simulated
 * world. What this file adds is what a process has: a clock that may jump or stop, a number of
 * effects, an end.
 */
import { ControllerCore } from "../../../controller/core.ts";
import type { ControllerLoop } from "../../../controller/loop/controller-loop.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { LeaderCandidate } from "../../../controller/model/leader.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ObservedProxy } from "../../../controller/model/observed.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import type { StateStore } from "../../../controller/store/state-backend.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import { Endpoint } from "../wire/endpoint.ts";
import { Effects } from "./effects.ts";
import { corePorts, type ProcessOptions } from "./ports.ts";
import type { ControllerProcess } from "./process.ts";
import type { StateDisk } from "./state-disk.ts";

export const IMAGE = "jupyter-cluster/agent:1";

export interface ControllerOptions extends ProcessOptions {
  readonly disk: StateDisk;
}

export class SimulatedController implements ControllerProcess {
  readonly clock: ProcessClock;
  readonly core: ControllerCore;
  readonly published = new PublishedStore({ lastResourceVersion: 0 });
  readonly effects: Effects;
  private readonly endpoint: Endpoint;
  private ended = false;
  news = 0;

  constructor(private readonly options: ControllerOptions) {
    this.clock = new ProcessClock(options.clock);
    this.effects = new Effects(options.onEffect);
    this.endpoint = new Endpoint(options.name, options.network, this.clock);
    const { clock, endpoint, effects, published } = this;
    const ports = corePorts({
      owner: options.name,
      options,
      ...{ clock, endpoint, effects },
      publisher: published,
      state: this.stateStore(),
      onNews: () => {
        this.news += 1;
      },
    });
    this.core = new ControllerCore(ports, IMAGE);
    void this.core.scheduler.fatal.then((error) => options.onFatal(error.message));
  }

  start(snapshot: SpecSnapshot): void {
    this.read(snapshot);
    this.core.start();
  }

  get name(): string {
    return this.options.name;
  }

  get place(): string {
    return this.options.place;
  }

  get loop(): ControllerLoop {
    return this.core.loop;
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  get acts(): boolean {
    return this.isRunning;
  }

  memories(): ReadonlyMap<ClusterKey, ClusterMemory> {
    return this.loop.remembered();
  }

  nodesOf(memory: ClusterMemory): readonly LeaderCandidate[] {
    return this.core.nodesOf(memory);
  }

  proxyTarget(key: ClusterKey): ObservedProxy["target"] {
    return this.core.proxies.observe(key)?.target ?? null;
  }

  stored(key: ClusterKey): ClusterMemory | undefined {
    return this.options.disk.memory(key);
  }

  read(snapshot: SpecSnapshot): void {
    this.loop.read(snapshot);
  }

  crash(): void {
    if (this.ended) return;
    this.ended = true;
    this.effects.end();
    this.clock.end();
    this.endpoint.shut();
    this.options.disk.crash();
  }

  private stateStore(): StateStore {
    const { clock } = this;
    const { disk } = this.options;
    return {
      stored: disk.load(),
      memories: {
        save: (key, memory) => disk.saveMemory(clock, key, memory),
        remove: (key) => disk.saveMemory(clock, key, null),
      },
      tasks: {
        save: (task) => disk.saveTask(clock, task.taskId, task),
        remove: (taskId) => disk.saveTask(clock, taskId, null),
      },
      saveFrameworkId: (id) => disk.saveFrameworkId(clock, id),
      specs: null,
    };
  }
}
