/** Keeps the shared file system mounted, and tells whether the normal user can write to it. */
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { User } from "../system/user.ts";
import { DockerMount } from "./docker-mount.ts";
import { GlusterfsMount } from "./glusterfs-mount.ts";
import type { Fault, MountKeeper } from "./mount-keeper.ts";
import { MountPlace } from "./mount-place.ts";
import { MountProbe } from "./mount-probe.ts";
import { NfsMount } from "./nfs-mount.ts";

export interface SharedStorageOptions
  extends Pick<AgentPorts, "clock" | "log" | "files" | "processes"> {
  readonly storage: NodeConfig["storage"];
  readonly slot: number;
  readonly board: StatusBoard;
}

export class SharedStorage {
  private readonly task: RepeatingTask;
  private readonly keeper: MountKeeper;
  private readonly prober: MountProbe;
  private user: User | null = null;
  private tellUsable: () => void = () => undefined;
  private readonly usable = new Promise<void>((resolve) => {
    this.tellUsable = resolve;
  });

  constructor(private readonly options: SharedStorageOptions) {
    const { clock, log, slot, processes, storage } = options;
    const { mountPath } = storage;
    this.task = new RepeatingTask({ name: "shared-storage", clock, log, run: () => this.run() });
    this.prober = new MountProbe({ mountPath, slot, clock, processes });
    this.keeper = keeperOf(options, () => this.task.wake());
  }

  /**
   * Resolves when the directory may be used: after the first probe, or, where what is to be mounted
   * may not be there yet, after the first one that found it.
   */
  start(user: User): Promise<void> {
    this.user = user;
    this.task.start();
    return this.usable;
  }

  async stop(): Promise<void> {
    // A probe that hangs ends with the mount.
    await this.keeper.stop();
    await this.task.stop();
  }

  private async run(): Promise<number> {
    if (this.user === null) throw new Error("the shared storage is probed without a user");
    const fault = await this.look(this.user);
    if (fault === null || !this.keeper.isAwaited) this.tellUsable();
    const { board, storage } = this.options;
    const message = fault?.message ?? `${storage.mountPath} is mounted and writable`;
    const { mounts } = this.keeper;
    board.update({
      storage: { ready: fault === null, message, fault: fault?.fault ?? null, mounts },
    });
    board.setProblem("storage", fault === null ? null : `shared storage: ${message}`);
    return fault === null ? this.keeper.probeEveryMs : this.keeper.retryMs;
  }

  private async look(user: User): Promise<Fault | null> {
    const notMounted = await this.keeper.ensure();
    if (notMounted !== null) return notMounted;
    const failure = await this.prober.probe(user);
    if (failure !== null) return this.keeper.explain(failure);
    this.keeper.works();
    return null;
  }
}

function keeperOf(options: SharedStorageOptions, onLost: () => void): MountKeeper {
  const { mountPath, mount = null, requireMount = false } = options.storage;
  if (mount === null) return new DockerMount({ ...options, mountPath, requireMount });
  const place = new MountPlace({ ...options, mountPath });
  if (mount.type === "nfs") return new NfsMount({ ...options, share: mount, mountPath, place });
  return new GlusterfsMount({ ...options, volume: mount, mountPath, place, onLost });
}
