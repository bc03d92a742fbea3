/** Keeps identity.json true: at once for who we are, now and then for how far we have come. */
import type { EtcdHealth } from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { DataDir } from "./data-dir.ts";
import type { Identity } from "./identity.ts";

/** Milliseconds between two writes of a moving index: each costs a sync of the disk. */
const REFRESH_MS = 2_000;

export class IdentityKeeper {
  private written: Identity | null;
  private writing: Promise<void> | null = null;
  private cancel: (() => void) | null = null;
  private writtenAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: {
      readonly data: DataDir;
      readonly clock: Clock;
      readonly log: Logger;
    },
    /** What an earlier container left, and later what is known. */
    public known: Identity | null,
  ) {
    this.written = known;
  }

  /** From the log, at each start of etcd. */
  learn(seen: {
    readonly memberId: string;
    readonly clusterId: string;
    readonly raftIndex: number;
    readonly forcedBy?: string;
  }): void {
    const { memberId, clusterId, raftIndex } = seen;
    const before = this.known?.memberId === memberId ? this.known : null;
    const forcedBy = seen.forcedBy ?? before?.forcedBy;
    this.known = {
      memberId,
      clusterId,
      raftIndex: Math.max(raftIndex, before?.raftIndex ?? 0),
      raftTerm: before?.raftTerm ?? 0,
      ...(forcedBy === undefined ? {} : { forcedBy }),
    };
    // At once, and not when the next refresh is due.
    this.writtenAt = Number.NEGATIVE_INFINITY;
    this.cancel?.();
    this.cancel = null;
    this.schedule();
  }

  refresh(health: EtcdHealth): void {
    const { memberId, clusterId, raftIndex, raftTerm } = health;
    const forcedBy = this.known?.memberId === memberId ? this.known.forcedBy : undefined;
    const extra = forcedBy === undefined ? {} : { forcedBy };
    this.known = { memberId, clusterId, raftIndex, raftTerm, ...extra };
    this.schedule();
  }

  /** Before the data is wiped: nothing is written any more of the former member. */
  async forget(): Promise<void> {
    this.cancel?.();
    this.cancel = null;
    this.known = null;
    await this.writing;
    this.written = null;
  }

  /** Writes what is not written yet. */
  async stop(): Promise<void> {
    this.cancel?.();
    this.cancel = null;
    await this.writing;
    await this.write();
  }

  private schedule(): void {
    if (this.known === null || this.cancel !== null || this.writing !== null) return;
    if (JSON.stringify(this.known) === JSON.stringify(this.written)) return;
    const { clock } = this.options;
    const dueMs = Math.max(0, this.writtenAt + REFRESH_MS - clock.now());
    this.cancel = clock.after(dueMs, () => {
      this.cancel = null;
      this.writing = this.write().finally(() => {
        this.writing = null;
        this.schedule();
      });
    });
  }

  private async write(): Promise<void> {
    const identity = this.known;
    if (identity === null || JSON.stringify(identity) === JSON.stringify(this.written)) return;
    this.writtenAt = this.options.clock.now();
    try {
      await this.options.data.writeIdentity(identity);
      this.written = identity;
    } catch (error) {
      this.options.log.error({ error: messageOf(error) }, "identity file cannot be written");
    }
  }
}
