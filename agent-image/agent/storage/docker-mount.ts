/** What Docker has mounted before the agent began: a volume, or a directory of the host. */
import type { Files } from "../ports/files.ts";
import { explainAny, type Fault, type MountKeeper } from "./mount-keeper.ts";
import type { ProbeFailure } from "./mount-probe.ts";
import { isOwnFileSystem, MOUNT_TABLE_FILE, mountsAt } from "./mount-table.ts";

const PROBE_EVERY_MS = 30_000;
/** What may die by itself is looked at more often. */
const PROBE_EVERY_MS_MOUNTED = 5_000;

export interface DockerMountOptions {
  readonly mountPath: string;
  readonly requireMount: boolean;
  readonly files: Pick<Files, "read">;
}

export class DockerMount implements MountKeeper {
  readonly mounts = 0;
  readonly retryMs = 1_000;

  constructor(private readonly options: DockerMountOptions) {}

  get isAwaited(): boolean {
    return this.options.requireMount;
  }

  get probeEveryMs(): number {
    return this.options.requireMount ? PROBE_EVERY_MS_MOUNTED : PROBE_EVERY_MS;
  }

  async ensure(): Promise<Fault | null> {
    const { mountPath, requireMount, files } = this.options;
    const top = mountsAt((await files.read(MOUNT_TABLE_FILE)) ?? "", mountPath).at(-1);
    if (top === undefined) {
      return { fault: "NotMounted", message: `nothing is mounted at ${mountPath}` };
    }
    if (!requireMount || isOwnFileSystem(top)) return null;
    const message =
      `the host has no file system mounted at the directory that ${mountPath} shows: it is ` +
      `${top.root} of its ${top.fsType} on ${top.source} (spec.storage.shared.requireMount)`;
    return { fault: "NotMounted", message };
  }

  explain(failure: ProbeFailure): Promise<Fault> {
    return Promise.resolve(explainAny(this.options.mountPath, failure));
  }

  /** Whoever mounted it mounts it anew. */
  works(): void {}

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
