/** The production loop over the fake world: durable store, crashes between any two effects. */
import { ControllerLoop } from "../../../controller/loop/controller-loop.ts";
import type { LoopPorts } from "../../../controller/loop/ports.ts";
import type { Action } from "../../../controller/model/action.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { specSnapshot } from "../../../controller/model/spec-snapshot.ts";
import { FakeWorld } from "../planner/fake-world.ts";
import { fakeCluster, fakeTask, T0 } from "../planner/fixtures.ts";
import { ManualClock } from "./manual-clock.ts";

export const KEY = "default/demo";
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export class LoopWorld {
  readonly world = new FakeWorld("172.30.0.10");
  readonly clock = new ManualClock(T0);
  /** What is on disk, as text. */
  readonly disk = new Map<string, string>();
  readonly performed: Action[] = [];
  published: JupyterClusterObject | null = null;
  /** Everything that was ever told in `status.lastErrors`. */
  readonly toldErrors: string[] = [];
  /** Thrown by the next action of this type. */
  failNext: { type: Action["type"]; error: OperationError } | null = null;
  diskFull = false;
  /** So many writes are given up, carried out or not. */
  unanswered = { left: 0, carriedOut: false };
  /** All that was ever stored, oldest first. */
  readonly stored: ClusterMemory[] = [];
  /** Nothing can be removed from it. */
  diskStuck = false;
  /** What happens while all that belongs to a deleted cluster is given back. */
  releasing = () => {};
  /** Actions left before the process dies; Infinity: it lives. */
  actionsUntilCrash = Number.POSITIVE_INFINITY;
  loop: ControllerLoop;
  private dead = false;

  constructor() {
    this.loop = this.boot();
  }

  /** The process is started again: only what is on disk is known. */
  restart(): void {
    this.dead = false;
    this.actionsUntilCrash = Number.POSITIVE_INFINITY;
    this.forgetUnsent();
    this.loop = this.boot();
    this.read();
  }

  /** Mesos answers the reconciliation of a task that it was never given with TASK_GONE. */
  private forgetUnsent(): void {
    for (const { task } of this.disk.has(KEY) ? this.memory().slots : []) {
      if (task === null || this.world.tasks.has(task.taskId)) continue;
      this.world.tasks.set(task.taskId, fakeTask(task.taskId, "TASK_GONE"));
    }
  }

  read(replicas = 3, spec: Partial<ClusterSpec> = {}): void {
    const clusters = [fakeCluster({ replicas, ...spec })];
    const reading = { clusters, problems: [], files: ["cluster.yaml"], complete: true };
    this.loop.read(specSnapshot(reading));
  }

  /** Its file is gone, and `deletionPolicy` is Delete. */
  async delete(): Promise<void> {
    const cluster = fakeCluster({ replicas: 3, deletionPolicy: "Delete" });
    const reading = { problems: [], files: ["cluster.yaml"], complete: true };
    this.loop.read(specSnapshot({ ...reading, clusters: [cluster] }));
    await this.until(() => this.memory().cluster.spec.deletionPolicy === "Delete");
    this.loop.read(specSnapshot({ ...reading, clusters: [], files: [] }));
  }

  /** Turns until `met`; each turn lets the loop work, moves the world, and moves the clock. */
  async until(met: () => boolean, turnsMax = 600): Promise<void> {
    for (let turn = 0; turn < turnsMax; turn++) {
      if (met()) return;
      await new Promise((resolve) => setImmediate(resolve));
      this.world.settle();
      if (this.dead) return;
      if (turn % 3 === 2) this.clock.next();
      else this.loop.wakeAll();
    }
    const ready = this.published?.status.conditions.find((c) => c.type === "Ready");
    throw new Error(`not converged: ${ready?.reason}: ${ready?.message}`);
  }

  get crashed(): boolean {
    return this.dead;
  }

  get ready(): boolean {
    const { published } = this;
    return (
      published?.status.conditions.some((c) => c.type === "Ready" && c.status === "True") ?? false
    );
  }

  memory(): ClusterMemory {
    const text = this.disk.get(KEY);
    if (text === undefined) throw new Error("nothing is on disk");
    return JSON.parse(text) as ClusterMemory;
  }

  private boot(): ControllerLoop {
    const remembered = new Map(
      [...this.disk].map(([key, text]) => [key, JSON.parse(text) as ClusterMemory]),
    );
    return new ControllerLoop(this.ports(), remembered);
  }

  private ports(): LoopPorts {
    return {
      clock: this.clock,
      log: silent,
      defaultImage: "image",
      observe: () => this.world.observed(),
      perform: async (action) => this.perform(action),
      store: {
        save: async (key, memory) => {
          if (this.dead) return new Promise(() => {});
          if (this.diskFull) throw new OperationError(ERROR_CODES.DISK_FULL, "save", "disk full");
          const { left, carriedOut } = this.unanswered;
          if (left === 0 || carriedOut) {
            this.disk.set(key, JSON.stringify(memory));
            this.stored.push(memory);
          }
          if (left === 0) return;
          this.unanswered = { left: left - 1, carriedOut };
          throw new OperationError(ERROR_CODES.STATE_UNREACHABLE, "save", "no answer in time");
        },
        remove: async (key) => {
          if (this.diskStuck) throw new OperationError(ERROR_CODES.DISK_FULL, "remove", "stuck");
          this.disk.delete(key);
        },
      },
      publisher: {
        publish: (object) => {
          this.published = object;
          this.toldErrors.push(...object.status.lastErrors.map((e) => `${e.code}: ${e.message}`));
          return object;
        },
        remove: () => {
          this.published = null;
        },
      },
      storeStatus: () => {},
      demand: () => {},
      judged: () => {},
      notify: () => {},
      release: async () => this.releasing(),
      identities: {
        uid: () => "0123456789abcdef",
        secrets: () => ({
          agentToken: "a",
          jupyterToken: "j",
          cookieSecret: "c",
          authorityKey: null,
        }),
      },
      metrics: { reconciled: () => {}, queueDepth: () => {} },
    };
  }

  private async perform(action: Action): Promise<void> {
    // A dead process does nothing more, and nobody hears of it.
    if (this.dead) return new Promise(() => {});
    if (this.actionsUntilCrash <= 0) {
      this.dead = true;
      return new Promise(() => {});
    }
    this.actionsUntilCrash -= 1;
    const { failNext } = this;
    if (failNext?.type === action.type) {
      this.failNext = null;
      throw failNext.error;
    }
    this.performed.push(action);
    this.world.apply(action);
  }
}
