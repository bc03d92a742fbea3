/** Of the container's cgroup. */
export interface NodeMemory {
  /** Null: none is set. */
  readonly limitBytes: number | null;
  /** How many processes the kernel has ended because it was used up, since the container started. */
  readonly oomKills: number;
}
