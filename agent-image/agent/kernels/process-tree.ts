/**
 * What a kernel and all that it has started use. Its keeper adopts whatever a kernel's processes leave
 * behind (prctl(2), PR_SET_CHILD_SUBREAPER), so nobody leaves the tree. Pure.
 */
import type { ProcessFacts } from "../ports/kernel-host.ts";

export interface TreeUse {
  readonly pids: readonly number[];
  /** Each once: a kernel has one of its own, and so has what made itself one. */
  readonly groups: readonly number[];
  /** Processes and threads. */
  readonly tasks: number;
  /** Pages that several share after a fork are counted for each of them: the truth is no more than this. */
  readonly bytes: number;
}

/** @param root the keeper, which is not counted */
export function useBelow(root: number, all: readonly ProcessFacts[]): TreeUse {
  const children = new Map<number, ProcessFacts[]>();
  for (const facts of all) {
    const siblings = children.get(facts.parent);
    if (siblings === undefined) children.set(facts.parent, [facts]);
    else siblings.push(facts);
  }
  const pids: number[] = [];
  const groups = new Set<number>();
  let tasks = 0;
  let bytes = 0;
  const waiting = [...(children.get(root) ?? [])];
  // A table that was read while processes came and went holds no circle, for each pid is met once.
  const met = new Set<number>();
  for (let facts = waiting.pop(); facts !== undefined; facts = waiting.pop()) {
    if (met.has(facts.pid)) continue;
    met.add(facts.pid);
    pids.push(facts.pid);
    groups.add(facts.group);
    tasks += facts.threads;
    bytes += facts.ownBytes;
    waiting.push(...(children.get(facts.pid) ?? []));
  }
  return { pids, groups: [...groups], tasks, bytes };
}

/** Sum of the anonymous and shared-memory parts of `smaps_rollup`s (proc(5)), in bytes. */
export function proportionalBytes(text: string): number {
  const kibibytes = [...text.matchAll(/^Pss_(?:Anon|Shmem): +(\d+) kB$/gm)].map((m) =>
    Number(m[1]),
  );
  return kibibytes.reduce((sum, each) => sum + each, 0) * 1024;
}
