/**
 * Ends a kernel that takes more than it may, before it takes the node: etcd and the agent must live. Where a
 * kernel is faster than this, Linux ends it, for its score is the highest (oom-score.ts).
 */
import type { KernelsConfig } from "../../../controller/model/kernels.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { KernelHost, ProcessFacts } from "../ports/kernel-host.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { readMemory } from "../system/memory-watch.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { User } from "../system/user.ts";
import type { KeptKernel } from "./kept-kernel.ts";
import { tooManyTasks, tooMuchMemory } from "./kernel-exit.ts";
import { proportionalBytes, type TreeUse, useBelow } from "./process-tree.ts";

const IDLE_MS = 2_000;
const LOOK_EVERY_MS = 250;
const READ_MS_MAX = 1_000;
/** For etcd, JupyterLab, the agent and logins; of a small node half. */
const RESERVED_BYTES = 256 * 2 ** 20;
/**
 * Since the last look so many more processes, or this look so late: then kernels stand still while they are looked at.
 * A fork bomb that has used up the node's memory takes each page as soon as one is free, and who counts it by reading
 * of a hundred processes waited for half a minute, etcd as well.
 */
const MORE_PROCESSES = 32;
const LATE_MS = 300;
/** Looks at a tree while it is being ended; a fork bomb may be faster than the first. */
const KILL_ROUNDS_MAX = 50;

export interface ResourceWatchOptions
  extends Pick<AgentPorts, "clock" | "log" | "files" | "processes"> {
  readonly kernels: KernelsConfig;
  readonly host: KernelHost;
  readonly kept: ReadonlyMap<string, KeptKernel>;
}

interface Use {
  readonly kernel: KeptKernel;
  readonly keeperPid: number;
  readonly use: TreeUse;
}

export class ResourceWatch {
  private readonly task: RepeatingTask;
  private user: User | null = null;
  /** Null: nobody was looked at. */
  private last: { readonly processes: number; readonly nextAt: number } | null = null;
  /** Process groups of the kernels that were seen last. */
  private groups: readonly number[] = [];

  constructor(private readonly options: ResourceWatchOptions) {
    const { clock, log } = options;
    this.task = new RepeatingTask({ name: "kernel-watch", clock, log, run: () => this.run() });
  }

  start(user: User): void {
    this.user = user;
    this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async run(): Promise<number> {
    const { clock, kept, host } = this.options;
    const running = [...kept.values()].filter((kernel) => kernel.keeperPid !== null);
    if (running.length === 0) {
      this.last = null;
      return IDLE_MS;
    }
    const processes = host.processCount();
    const stopped = new Set<number>();
    const { last } = this;
    if (last !== null) {
      const isLate = clock.now() - last.nextAt > LATE_MS;
      if (isLate || processes - last.processes > MORE_PROCESSES) this.hold(this.groups, stopped);
    }
    try {
      await this.look(running, stopped);
    } finally {
      for (const group of stopped) host.signalGroup(group, "SIGCONT");
    }
    this.last = { processes, nextAt: clock.now() + LOOK_EVERY_MS };
    return LOOK_EVERY_MS;
  }

  /** @param stopped if there are any, those that are found now stand still as well */
  private async look(running: readonly KeptKernel[], stopped: Set<number>): Promise<void> {
    const { host, kernels } = this.options;
    const table = host.processes();
    const uses = running.map((kernel) => useOf(kernel, table));
    this.groups = uses.flatMap(({ use, keeperPid }) => groupsOf(use, keeperPid));
    if (stopped.size > 0) this.hold(this.groups, stopped);
    for (const { kernel, use } of uses) kernel.memoryBytes = use.bytes;
    for (const each of uses) {
      const { kernel, use } = each;
      if (kernel.condemned !== null) {
        if (use.pids.length > 0 && kernel.exit === null) this.kill(each);
      } else if (use.tasks > kernels.processes) {
        kernel.condemned = tooManyTasks(use.tasks, kernels.processes);
        this.kill(each);
      }
    }
    await this.boundMemory(uses.filter(({ kernel }) => kernel.condemned === null));
  }

  private hold(groups: readonly number[], stopped: Set<number>): void {
    for (const group of groups) {
      if (!stopped.has(group)) this.options.host.signalGroup(group, "SIGSTOP");
      stopped.add(group);
    }
  }

  private async boundMemory(uses: readonly Use[]): Promise<void> {
    const { memoryMiB } = this.options.kernels;
    if (memoryMiB !== null) {
      const limit = memoryMiB * 2 ** 20;
      for (const each of uses) {
        if (each.use.bytes <= limit) continue;
        const bytes = await this.exactly(each.use);
        if (bytes !== null && bytes > limit)
          this.condemn(each, tooMuchMemory(bytes, limit, "kernel"));
      }
    }
    const left = uses.filter(({ kernel }) => kernel.condemned === null);
    const limitBytes = (await readMemory(this.options.files))?.limitBytes ?? null;
    if (limitBytes === null) return;
    const most = limitBytes - Math.min(RESERVED_BYTES, limitBytes / 2);
    if (sumOf(left.map(({ use }) => use.bytes)) <= most) return;
    const counts = await Promise.all(left.map(({ use }) => this.exactly(use)));
    const exact = counts.filter((count) => count !== null);
    if (exact.length < counts.length || sumOf(exact) <= most) return;
    const bytes = Math.max(...exact);
    const largest = left[exact.indexOf(bytes)];
    if (largest !== undefined) this.condemn(largest, tooMuchMemory(bytes, most, "node"));
  }

  private condemn(each: Use, condemned: NonNullable<KeptKernel["condemned"]>): void {
    each.kernel.condemned = condemned;
    this.kill(each);
  }

  /**
   * Pages that several processes share are counted once. As the user, for root may not look into others' maps here.
   *
   * @returns null: it cannot be known now, and nobody is ended for what is not known; Linux is there still
   */
  private async exactly(use: TreeUse): Promise<number | null> {
    const { processes, log } = this.options;
    const { user } = this;
    if (user === null || use.pids.length === 1) return use.bytes;
    const files = use.pids.map((pid) => `/proc/${pid}/smaps_rollup`);
    const owner = { uid: user.uid, gid: user.gid };
    try {
      // What has ended meanwhile cannot be read, and takes nothing any more.
      const args = ["-c", 'cat "$@" 2>/dev/null || true', "cat", ...files];
      const bytes = proportionalBytes(
        await processes.run("/bin/sh", args, { timeoutMs: READ_MS_MAX, owner }),
      );
      return bytes === 0 ? null : Math.min(use.bytes, bytes);
    } catch (error) {
      log.debug({ error: messageOf(error) }, "memory of a kernel cannot be counted");
      return null;
    }
  }

  /** The whole tree, the keeper left out, which tells of the end. */
  private kill({ kernel, keeperPid, use }: Use): void {
    const { host, log } = this.options;
    log.warn({ kernel: kernel.id, ...kernel.condemned, tasks: use.tasks }, "kernel is ended");
    let groups = groupsOf(use, keeperPid);
    for (let round = 0; round < KILL_ROUNDS_MAX && groups.length > 0; round += 1) {
      for (const group of groups) host.signalGroup(group, "SIGKILL");
      groups = groupsOf(useBelow(keeperPid, host.processes().filter(isAlive)), keeperPid);
    }
  }
}

/**
 * A kernel has a session of its own, out of which nobody joins another's group (setpgid(2)): only one that the keeper
 * has just forked is in the keeper's.
 */
function groupsOf({ groups }: TreeUse, keeperPid: number): readonly number[] {
  return groups.filter((group) => group > 1 && group !== keeperPid);
}

function useOf(kernel: KeptKernel, table: readonly ProcessFacts[]): Use {
  const keeperPid = kernel.keeperPid ?? 0;
  return { kernel, keeperPid, use: useBelow(keeperPid, table) };
}

/** One that has ended, and waits for its parent to notice, has no memory and cannot be killed. */
function isAlive({ zombie }: ProcessFacts): boolean {
  return !zombie;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
