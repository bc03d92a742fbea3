/** What a node's container has used, as its agent reads it when it is asked. */
export interface NodeUsage {
  /** Processor time since the container started, of all its processes. */
  readonly cpuSeconds: number;
  /** What could not be given back at once: without the page cache that nobody used lately (as kubelet counts it). */
  readonly memoryBytes: number;
  /** Null: none is set. */
  readonly memoryLimitBytes: number | null;
  /** Of the file system that holds the node's data, which others may share; null: it cannot be told. */
  readonly disk: { readonly usedBytes: number; readonly sizeBytes: number } | null;
}

/** Of one node, as the API tells it. */
export interface NodeUsageStatus {
  readonly slot: number;
  /** XXX-k; null: it has none. */
  readonly name: string | null;
  readonly hostname: string | null;
  /** Null: it does not tell, and `problem` says why. */
  readonly usage: NodeUsage | null;
  /** Processors used, on average over the second before the answer. */
  readonly cpus: number | null;
  readonly problem: string | null;
}
