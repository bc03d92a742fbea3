/** What the agent needs of its container to run kernels, beside processes and files. */

/** A line a message, both ways. */
export interface KeeperLink {
  send(line: string): void;
  close(): void;
}

export interface LinkWatcher {
  readonly onLine: (line: string) => void;
  /** Once: it could not be connected, or the other end has closed it. */
  readonly onClose: () => void;
}

/** One process of the container, as proc(5) tells of it. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** Its process group. */
  readonly group: number;
  readonly threads: number;
  /** It has ended, and its parent has not looked. */
  readonly zombie: boolean;
  /** Resident memory that no file stands behind. */
  readonly ownBytes: number;
}

export interface KernelHost {
  /** To a keeper's control socket. */
  link(path: string, watcher: LinkWatcher): KeeperLink;
  /** How many processes the container has: far cheaper than to read of each. */
  processCount(): number;
  /** Every process of the container. Those that end meanwhile are left out. */
  processes(): readonly ProcessFacts[];
  /**
   * To a process group. None of it is left out, for one that is being forked gets it as well (signal(7));
   * a group that has ended already is no error.
   */
  signalGroup(group: number, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
}
