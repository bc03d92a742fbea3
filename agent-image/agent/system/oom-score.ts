/**
 * Whom the kernel ends first when a node has used up its memory (proc(5), oom_score_adj: so many
 * thousandths of the memory count on top of what a process has itself). A hog goes before anything
 * else, and without one a kernel or a login before Jupyter; etcd and the agent stay at 0 and are the
 * last. Only raised, which needs no privilege; nobody gets below the container's own.
 */
export const OOM_SCORE_ADJ = { kernels: 500, logins: 500, jupyter: 200 } as const;

/** What is put before a program's name. It is in force from the program's first moment on. */
export function withOomScore(score: number | undefined): readonly string[] {
  return score === undefined ? [] : ["/usr/bin/choom", "-n", String(score), "--"];
}
