/** A term on the site's etcd: a lease, and the key under it by which this controller acts. */
import { OperationError } from "../../model/errors.ts";
import { clusterKey, type ClusterKey } from "../../model/ids.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import type { ClusterEvent, JupyterClusterObject } from "../../model/resource.ts";
import { sealJson } from "../../support/files/sealed-json.ts";
import { atMost } from "../../support/within.ts";
import type { StateStore, Term } from "../state-backend.ts";
import type { FormatKeeper } from "../format-keeper.ts";
import type { FencedWrites } from "./fenced-writes.ts";
import { type HeldLease, notActing } from "./held-lease.ts";
import { specValue } from "./site-documents.ts";
import type { SiteKeys } from "./keys.ts";

/** Milliseconds for what is being written when the term is given back. */
const LAST_WRITES_MS = 3_000;

export interface EtcdTermParts {
  readonly number: number;
  readonly stored: StateStore["stored"];
  readonly keys: SiteKeys;
  readonly lease: HeldLease;
  readonly writes: FencedWrites;
  readonly format: FormatKeeper;
  /** The masters as the user said them. */
  readonly masters: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class EtcdTerm implements Term {
  readonly number: number;
  readonly state: StateStore;
  readonly lost: Promise<OperationError>;
  private resigned: Promise<void> | null = null;

  constructor(private readonly parts: EtcdTermParts) {
    const { keys, stored, masters } = parts;
    this.number = parts.number;
    this.lost = parts.lease.ended;
    this.state = {
      stored,
      memories: {
        save: (key, memory) => this.saveMemory(key, memory),
        remove: (key) => this.saveMemory(key, null),
      },
      tasks: {
        save: (task) => this.write(keys.task(task.taskId), task),
        remove: (taskId) => this.write(keys.task(taskId), null),
      },
      saveFrameworkId: (frameworkId) => this.write(keys.framework, { frameworkId, masters }),
      specs: {
        save: (key, spec) => this.write(keys.spec(key), specValue(key, spec)),
        remove: (key) => this.write(keys.spec(key), null),
      },
    };
  }

  isHeld(): boolean {
    return this.resigned === null && this.parts.lease.isHeld();
  }

  resign(): Promise<void> {
    this.resigned ??= this.giveBack();
    return this.resigned;
  }

  publish(object: JupyterClusterObject, events: readonly ClusterEvent[]): void {
    void this.tell(clusterKey(object.metadata), { object, events });
  }

  unpublish(key: ClusterKey): void {
    void this.tell(key, null);
  }

  private async giveBack(): Promise<void> {
    const { clock, lease, writes } = this.parts;
    await atMost(clock, LAST_WRITES_MS, writes.idle());
    await lease.release();
  }

  private async saveMemory(key: ClusterKey, memory: ClusterMemory | null): Promise<void> {
    const { format, keys } = this.parts;
    await format.admit(key, memory);
    await this.write(keys.memory(key), memory);
    await format.stored(key, memory);
  }

  private async write(key: string, value: object | null): Promise<void> {
    // The lease may be there still, for the writes that are under way.
    if (this.resigned !== null) throw notActing("it has resigned");
    await this.parts.writes.write(key, value === null ? null : sealJson(value));
  }

  /** What is lost of it is published again with the next change; the memory's writes tell why. */
  private async tell(key: ClusterKey, status: object | null): Promise<void> {
    if (!this.isHeld()) return;
    try {
      await this.write(this.parts.keys.status(key), status);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.parts.log.debug({ cluster: key, err: error }, "status not published to the store");
    }
  }
}
