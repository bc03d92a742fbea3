/**
 * The state directory on the controller's host. A write replaces a file and is durable when it
 * resolves; a crash before that leaves the file as it was, or as it was to be.
 */
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { StoredSpec } from "../../../controller/model/stored-spec.ts";
import type { ObservedTask } from "../../../controller/model/observed.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { Rng } from "../engine/rng.ts";

interface Write {
  readonly apply: () => void;
}

/** After which a disk that lies has written what it said it had. Virtual milliseconds. */
const SYNC_MS = 400;

/** What a crash makes of writes under way: they are carried out, or not, or chance decides. */
export type FateOfWrites = "kept" | "lost" | "drawn";

export class StateDisk {
  frameworkId: string | null = null;
  full = false;
  fateOfWrites: FateOfWrites = "drawn";
  /** It says that a write is durable before it is: a planted bug, to see it found. */
  lies = false;
  private readonly memories = new Map<ClusterKey, ClusterMemory>();
  private readonly tasks = new Map<string, ObservedTask>();
  private readonly underWay = new Set<Write>();

  constructor(private readonly rng: Rng) {}

  /** The state as another host takes it over: from then on the two differ. */
  copy(rng: Rng): StateDisk {
    const copy = new StateDisk(rng);
    copy.frameworkId = this.frameworkId;
    for (const [key, memory] of this.memories) copy.memories.set(key, memory);
    for (const [taskId, task] of this.tasks) copy.tasks.set(taskId, task);
    return copy;
  }

  /** What a process that starts now finds: copies, as everything that was read from a file. */
  load(): {
    readonly memories: ReadonlyMap<ClusterKey, ClusterMemory>;
    readonly tasks: ReadonlyMap<string, ObservedTask>;
    readonly frameworkId: string | null;
    readonly masters: null;
    readonly specs: ReadonlyMap<ClusterKey, StoredSpec>;
  } {
    const { frameworkId } = this;
    return {
      memories: copyOf(this.memories),
      tasks: copyOf(this.tasks),
      frameworkId,
      masters: null,
      specs: new Map(),
    };
  }

  memory(key: ClusterKey): ClusterMemory | undefined {
    return this.memories.get(key);
  }

  saveMemory(clock: Clock, key: ClusterKey, memory: ClusterMemory | null): Promise<void> {
    return this.write(clock, `save memory of ${key}`, () => {
      if (memory === null) this.memories.delete(key);
      else this.memories.set(key, memory);
    });
  }

  saveTask(clock: Clock, taskId: string, task: ObservedTask | null): Promise<void> {
    return this.write(clock, `save task ${taskId}`, () => {
      if (task === null) this.tasks.delete(taskId);
      else this.tasks.set(taskId, task);
    });
  }

  saveFrameworkId(clock: Clock, id: string | null): Promise<void> {
    return this.write(clock, "save framework id", () => {
      this.frameworkId = id;
    });
  }

  /** The process that wrote has died: each write under way was just carried out, or was not. */
  crash(): void {
    const isKept = () =>
      this.fateOfWrites === "kept" || (this.fateOfWrites === "drawn" && this.rng.chance(0.5));
    for (const write of this.underWay) if (isKept()) write.apply();
    this.underWay.clear();
  }

  private write(clock: Clock, operation: string, apply: () => void): Promise<void> {
    if (this.full) {
      const message = "The disk of the state directory is full.";
      return Promise.reject(new OperationError(ERROR_CODES.DISK_FULL, operation, message));
    }
    const write = { apply };
    this.underWay.add(write);
    return new Promise((resolve) => {
      if (this.lies) resolve();
      clock.after(this.lies ? SYNC_MS : this.rng.integer(0, 4), () => {
        if (!this.underWay.delete(write)) return;
        apply();
        resolve();
      });
    });
  }
}

function copyOf<T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map([...map].map(([key, value]) => [key, JSON.parse(JSON.stringify(value)) as T]));
}
