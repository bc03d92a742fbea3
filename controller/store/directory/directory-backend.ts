/**
 * The state directory as the store of a site: its lock is the term. The lock belongs to a living
 * process, so one that is paused is not replaced: for that there is the store in etcd.
 */
import { join, resolve } from "node:path";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { type ClusterKey, clusterKey } from "../../model/ids.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import type { ClusterEvent, JupyterClusterObject } from "../../model/resource.ts";
import { writeJsonDurably } from "../../support/files/json-file.ts";
import { pause } from "../../support/pause.ts";
import { mastersOf } from "../records.ts";
import type {
  ControllerRecord,
  SiteView,
  SiteWatch,
  StateBackend,
  StateStore,
  Term,
} from "../state-backend.ts";
import { openStateDir, type StateDir } from "../state-dir.ts";
import { actingFile, DirectoryWatch } from "./directory-watch.ts";
import { readMoveMark } from "./move-file.ts";
import { PublishedFiles } from "./published-files.ts";
import { StandbyFiles } from "./standby-files.ts";

/** How long one that stands by takes to see that the lock is free. Milliseconds. */
const LOCK_POLL_MS = 250;

export interface DirectoryBackendOptions {
  readonly directory: string;
  /**
   * The masters as the user said them: kept with the framework's id. Null: for one that registers with none, and
   * leaves what stands there.
   */
  readonly masters: string | null;
  /** Another process may hold the directory: it is waited for. */
  readonly waits: boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

export class DirectoryBackend implements StateBackend {
  readonly description: string;
  private readonly watches = new Set<DirectoryWatch>();
  private readonly closing = new AbortController();
  private readonly standbys: StandbyFiles;

  constructor(private readonly options: DirectoryBackendOptions) {
    this.description = resolve(options.directory);
    this.standbys = new StandbyFiles(this.description);
  }

  async campaign(me: ControllerRecord, signal: AbortSignal): Promise<Term> {
    const first = await this.tryOnce(me);
    if (first !== null) return first;
    await this.standbys.put(me);
    try {
      return await this.whenFree(me, signal);
    } finally {
      await this.standbys.remove(me);
    }
  }

  standingBy(): Promise<readonly ControllerRecord[]> {
    return this.standbys.list();
  }

  private async whenFree(me: ControllerRecord, signal: AbortSignal): Promise<Term> {
    const ended = AbortSignal.any([signal, this.closing.signal]);
    for (;;) {
      await pause(this.options.clock, LOCK_POLL_MS, ended);
      ended.throwIfAborted();
      const term = await this.tryOnce(me);
      if (term !== null) return term;
    }
  }

  /** Null: another holds the directory, and may be waited for. */
  private async tryOnce(me: ControllerRecord): Promise<Term | null> {
    const { log, masters, waits } = this.options;
    try {
      const state = await openStateDir(this.description, { log });
      return await beginTerm(state, me, masters, log);
    } catch (error) {
      const isHeld = error instanceof OperationError && error.code === ERROR_CODES.STATE_LOCKED;
      if (!isHeld || !waits) throw error;
      return null;
    }
  }

  watch(onChange: (view: SiteView) => void): SiteWatch {
    const { clock, log } = this.options;
    const watch = new DirectoryWatch({ directory: this.description, clock, log, onChange });
    this.watches.add(watch);
    watch.start();
    return watch;
  }

  /** A file system that cannot be used fails the call that uses it. */
  problem(): OperationError | null {
    return null;
  }

  async close(): Promise<void> {
    for (const watch of this.watches) watch.stop();
    this.closing.abort(notActing(`${this.description} is closed`));
    await Promise.all([...this.watches].map((watch) => watch.ended()));
  }
}

async function beginTerm(
  state: StateDir,
  me: ControllerRecord,
  masters: string | null,
  log: Logger,
): Promise<Term> {
  try {
    const framework = await state.framework.load();
    const stored: StateStore["stored"] = {
      memories: await state.memories.loadAll(),
      tasks: await state.tasks.loadAll(),
      frameworkId: framework?.frameworkId ?? null,
      masters: framework?.masters ?? null,
      specs: new Map(),
    };
    const published = new PublishedFiles(join(state.path, "published"), log);
    await forgetDeleted(published, stored);
    const mark = await readMoveMark(state.path);
    const term = (mark?.termsBefore ?? 0) + state.number;
    const since = new Date().toISOString();
    const acting = { ...me, term, since, lockNumber: state.number };
    await writeJsonDurably(actingFile(state.path), acting);
    return new DirectoryTerm(term, state, published, stored, masters ?? mastersOf(stored));
  } catch (error) {
    await state.close();
    throw error;
  }
}

/** What an earlier controller published of clusters that nobody remembers. */
async function forgetDeleted(
  published: PublishedFiles,
  { memories }: StateStore["stored"],
): Promise<void> {
  for (const { object } of await published.loadAll()) {
    const key = clusterKey(object.metadata);
    if (!memories.has(key)) published.remove(key);
  }
}

class DirectoryTerm implements Term {
  readonly state: StateStore;
  /** Never: the lock is this process's as long as it lives. */
  readonly lost = new Promise<OperationError>(() => undefined);
  private resigned: Promise<void> | null = null;

  constructor(
    readonly number: number,
    private readonly directory: StateDir,
    private readonly published: PublishedFiles,
    stored: StateStore["stored"],
    masters: string,
  ) {
    const { memories, tasks, framework } = directory;
    this.state = {
      stored,
      memories: {
        save: (key, memory) => this.whileHeld(() => memories.save(key, memory)),
        remove: (key) => this.whileHeld(() => memories.remove(key)),
      },
      tasks: {
        save: (task) => this.whileHeld(() => tasks.save(task)),
        remove: (taskId) => this.whileHeld(() => tasks.remove(taskId)),
      },
      saveFrameworkId: (frameworkId) =>
        this.whileHeld(() => framework.save({ frameworkId, masters })),
      specs: null,
    };
  }

  isHeld(): boolean {
    return this.resigned === null;
  }

  resign(): Promise<void> {
    this.resigned ??= this.published.idle().then(() => this.directory.close());
    return this.resigned;
  }

  publish(object: JupyterClusterObject, events: readonly ClusterEvent[]): void {
    if (this.isHeld()) this.published.put({ object, events });
  }

  unpublish(key: ClusterKey): void {
    if (this.isHeld()) this.published.remove(key);
  }

  private async whileHeld(write: () => Promise<void>): Promise<void> {
    if (!this.isHeld()) throw notActing(`${this.directory.path} is given back`);
    await write();
  }
}

function notActing(why: string): OperationError {
  return new OperationError(ERROR_CODES.NOT_ACTING, "store state", `${why}: nothing is stored.`);
}
