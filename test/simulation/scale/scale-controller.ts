/**
 * Production's core over a cheap world: its ports end at stand-ins for agents, etcd, disk and
 * sockets that cost next to nothing, and what it does is counted between its loop and the rest.
 */
import { ControllerCore } from "../../../controller/core.ts";
import type { CorePorts } from "../../../controller/core-ports.ts";
import type { LoopPorts } from "../../../controller/loop/ports.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import { type ClusterKey, clusterKey } from "../../../controller/model/ids.ts";
import { lastKnown, type Observed } from "../../../controller/model/observed.ts";
import type { Clock, ClusterSnapshots } from "../../../controller/model/ports.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import type { StateStore } from "../../../controller/store/state-backend.ts";
import { silentLog } from "../../support/silent-log.ts";
import { simulatedProxy } from "../controller/proxies.ts";
import { CheapDisk } from "./cheap-disk.ts";
import { type Reconcile, WorkCount } from "./work-count.ts";
import { SIMULATED_CERTIFICATES } from "../controller/certificates.ts";

export interface ScaleControllerOptions {
  readonly clock: Clock;
  readonly mesos: NonNullable<CorePorts["mesos"]["transport"]>;
  readonly connectAgent: CorePorts["connectAgent"];
  readonly connectMember: CorePorts["connectMember"];
  onReconcile(reconcile: Reconcile): void;
}

const IMAGE = "jupyter-cluster/agent:1";

export class ScaleController {
  readonly published = new PublishedStore({ lastResourceVersion: 0 });
  readonly disk: CheapDisk;
  readonly work = new WorkCount();
  /** Clusters whose published condition Ready is True, and since when. */
  readonly ready = new Map<ClusterKey, number>();
  private readonly core: ControllerCore;
  private nextUid = 0;
  /** One of the loop's timers has just come due. */
  private inTimer = false;

  constructor(private readonly options: ScaleControllerOptions) {
    const { clock } = options;
    this.disk = new CheapDisk(clock);
    this.core = new ControllerCore(this.ports(), IMAGE);
    this.published.subscribe(({ object }) => {
      const key = clusterKey(object.metadata);
      const ready = object.status.conditions.some((c) => c.type === "Ready" && c.status === "True");
      if (!ready) this.ready.delete(key);
      else if (!this.ready.has(key)) this.ready.set(key, clock.now());
    });
  }

  read(snapshot: SpecSnapshot): void {
    this.core.loop.read(snapshot);
  }

  start(): void {
    this.core.start();
  }

  private ports(): CorePorts {
    const { clock, mesos, connectAgent, connectMember } = this.options;
    return {
      clock,
      log: silentLog,
      random: () => 0.5,
      metrics: {
        reconciled: (result) => this.work.ended(result),
        queueDepth: () => undefined,
      },
      identities: {
        uid: () => String((this.nextUid += 1)).padStart(8, "0"),
        secrets: () => ({
          agentToken: "agent",
          jupyterToken: "jupyter",
          cookieSecret: "cookie",
          authorityKey: null,
        }),
      },
      publisher: this.published,
      state: stateOn(this.disk),
      snapshots: { of: () => NO_SNAPSHOTS },
      mesos: {
        masters: [{ host: "master", port: 5050 }],
        transport: mesos,
        framework: { role: "*" },
      },
      certificates: SIMULATED_CERTIFICATES,
      connectMember,
      connectAgent,
      docker: null,
      createdBy: "the simulator",
      newProxy: simulatedProxy,
      webhook: null,
      interposed: {
        loopPorts: (ports) => this.counted(ports),
        tell: (wake) => wake(),
        followed: (nodes) => nodes,
      },
    };
  }

  private counted(ports: LoopPorts): LoopPorts {
    return {
      ...ports,
      clock: this.loopClock(),
      observe: (key, memory) => {
        const observed = ports.observe(key, memory);
        this.reconciled(key, observed);
        return observed;
      },
      perform: (action, memory) => {
        this.work.acted(action.type);
        return ports.perform(action, memory);
      },
    };
  }

  private reconciled(key: ClusterKey, observed: Observed): void {
    const mesos = lastKnown(observed.mesos);
    const reconcile: Reconcile = {
      key,
      byEvent: !this.inTimer,
      tasksSeen: mesos?.tasks.size ?? 0,
      offersSeen: mesos?.offers.length ?? 0,
    };
    this.work.reconciled(reconcile);
    this.options.onReconcile(reconcile);
  }

  private loopClock(): Clock {
    const { clock } = this.options;
    return {
      now: () => clock.now(),
      after: (delayMs, callback) =>
        clock.after(delayMs, () => {
          this.inTimer = true;
          callback();
          // The reconcile begins when what came in the same breath has been taken in.
          queueMicrotask(() => {
            this.inTimer = false;
          });
        }),
    };
  }
}

const NO_SNAPSHOTS: ClusterSnapshots = {
  list: async () => [],
  save: () => noneHere(),
  openVerified: () => noneHere(),
  remove: () => noneHere(),
};

function noneHere(): Promise<never> {
  return Promise.reject(new Error("no snapshots are taken here"));
}

function stateOn(disk: CheapDisk): StateStore {
  return {
    stored: {
      memories: new Map(),
      tasks: new Map(),
      frameworkId: null,
      masters: null,
      specs: new Map(),
    },
    memories: {
      save: (_, memory) => disk.write(memory),
      remove: (key) => disk.write(key),
    },
    tasks: {
      save: (task) => disk.write(task),
      remove: (taskId) => disk.write(taskId),
    },
    saveFrameworkId: (id) => disk.write(id),
    specs: null,
  };
}
