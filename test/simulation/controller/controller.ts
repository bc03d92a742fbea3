/**
 * One controller process: production's core on ports of a simulated world. What this file adds is
 * what a process has: a clock that may jump or stop, a number of effects, an end.
 */
import { ControllerCore } from "../../../controller/core.ts";
import type { CorePorts, Interposed } from "../../../controller/core-ports.ts";
import type { ControllerLoop } from "../../../controller/loop/controller-loop.ts";
import type { LoopPorts } from "../../../controller/loop/ports.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed, ObservedProxy } from "../../../controller/model/observed.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import type { StateStore } from "../../../controller/store/state-backend.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { Rng } from "../engine/rng.ts";
import { findMasters, type SimulatedMasters } from "./masters.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { Network } from "../wire/network.ts";
import { connectAgents } from "./agent-connections.ts";
import { type EffectEvent, Effects } from "./effects.ts";
import { connectMembers } from "./etcd-members.ts";
import { simulatedProxy } from "./proxies.ts";
import type { SnapshotShelf } from "./snapshots.ts";
import type { StateDisk } from "./state-disk.ts";
import type { Mutation } from "./mutation.ts";
import { SIMULATED_CERTIFICATES } from "./certificates.ts";

const IMAGE = "jupyter-cluster/agent:1";

export interface ControllerOptions {
  /** On the network; no two processes have the same in all the time. */
  readonly name: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly network: Network;
  readonly disk: StateDisk;
  readonly shelf: SnapshotShelf;
  readonly mesos: SimulatedMasters;
  readonly resolve: (ip: string) => string | undefined;
  readonly onEffect: (event: EffectEvent) => void;
  /** Before it is planned by what was seen. */
  readonly onObserved: (memory: ClusterMemory, observed: Observed) => void;
  /** Before an action is carried out. */
  readonly onAction: (action: Action, memory: ClusterMemory) => void;
  /** How often an event is told: once, unless it gets lost or is repeated. */
  readonly timesTold: () => number;
  readonly mutation: Mutation;
  /** It cannot go on: another has taken over, or the framework is gone. */
  readonly onFatal: (reason: string) => void;
}

export class SimulatedController {
  readonly clock: ProcessClock;
  readonly core: ControllerCore;
  readonly published = new PublishedStore({ lastResourceVersion: 0 });
  readonly effects: Effects;
  private readonly endpoint: Endpoint;
  private ended = false;
  /** Grows with whatever may move a proxy, or show who leads. */
  news = 0;

  constructor(private readonly options: ControllerOptions) {
    this.clock = new ProcessClock(options.clock);
    this.effects = new Effects(options.onEffect);
    this.endpoint = new Endpoint(options.name, options.network, this.clock);
    this.core = new ControllerCore(this.ports(), IMAGE);
    void this.core.scheduler.fatal.then((error) => options.onFatal(error.message));
  }

  start(snapshot: SpecSnapshot): void {
    this.loop.read(snapshot);
    this.core.start();
  }

  get loop(): ControllerLoop {
    return this.core.loop;
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  /** Whom the cluster's proxy serves. */
  proxyTarget(key: ClusterKey): ObservedProxy["target"] {
    return this.core.proxies.observe(key)?.target ?? null;
  }

  /** kill -9. */
  crash(): void {
    if (this.ended) return;
    this.ended = true;
    this.effects.end();
    this.clock.end();
    this.endpoint.shut();
    this.options.disk.crash();
  }

  private ports(): CorePorts {
    const { clock, endpoint, published } = this;
    const { name, rng, log, shelf, mesos, resolve, mutation } = this.options;
    const secret = (of: string) => `${of}-of-${name}`;
    return {
      clock,
      log,
      random: () => rng.fraction(),
      metrics: { reconciled: () => undefined, queueDepth: () => undefined },
      identities: {
        uid: () => rng.uint32().toString(16).padStart(8, "0"),
        secrets: () => ({
          agentToken: secret("agent-token"),
          jupyterToken: secret("jupyter-token"),
          cookieSecret: secret("cookie-secret"),
          authorityKey: null,
        }),
      },
      publisher: published,
      state: this.stateStore(),
      snapshots: shelf,
      mesos: {
        ...findMasters(mesos, { name, endpoint, clock, log, rng: rng.fork("masters") }),
        framework: { role: "*" },
        // Whoever supervises it starts it again after a removal, and means it.
        replacesRemoved: true,
      },
      certificates: SIMULATED_CERTIFICATES,
      connectMember: connectMembers({ endpoint, clock, resolve, mutate: mutation.request }),
      connectAgent: connectAgents({ endpoint, clock, rng: rng.fork("jobs"), owner: name, resolve }),
      docker: null,
      createdBy: "the simulator",
      newProxy: simulatedProxy,
      interposed: this.interposed(),
    };
  }

  private stateStore(): StateStore {
    const { clock, effects } = this;
    const { disk } = this.options;
    return {
      stored: disk.load(),
      memories: {
        save: (key, memory) => {
          this.news += 1;
          return effects.carryOut("save memory", () => disk.saveMemory(clock, key, memory));
        },
        remove: (key) => effects.carryOut("forget", () => disk.saveMemory(clock, key, null)),
      },
      tasks: {
        save: (task) =>
          effects.carryOut("save task", () => disk.saveTask(clock, task.taskId, task)),
        remove: (taskId) =>
          effects.carryOut("forget task", () => disk.saveTask(clock, taskId, null)),
      },
      saveFrameworkId: (id) =>
        effects.carryOut("save framework id", () => disk.saveFrameworkId(clock, id)),
    };
  }

  private interposed(): Interposed {
    const { mutation, timesTold } = this.options;
    return {
      loopPorts: (ports) => this.countEffects(ports),
      tell: (wake) => {
        for (let times = timesTold(); times > 0; times--) wake();
      },
      followed: (nodes) => {
        this.news += 1;
        return mutation.candidates(nodes);
      },
    };
  }

  private countEffects(ports: LoopPorts): LoopPorts {
    const { mutation, onAction } = this.options;
    return {
      ...ports,
      observe: (key, memory) => {
        const observed = mutation.observe(ports.observe(key, memory));
        this.options.onObserved(memory, observed);
        return observed;
      },
      perform: (action, memory) =>
        this.effects.carryOut(action.type, () => {
          onAction(action, memory);
          return ports.perform(action, memory);
        }),
    };
  }
}
