/**
 * The directory at which the agent mounts. Below the file system lies a small one that nobody can write
 * to, root neither, and that says so: what is written while nothing is mounted would be hidden later,
 * and seen by no other node. It also keeps whoever owns the directory above from moving the place.
 */
import { messageOf } from "../../../controller/model/errors.ts";
import { MOUNT_STAGE_DIR } from "../paths.ts";
import type { Files } from "../ports/files.ts";
import type { Processes } from "../ports/processes.ts";
import type { Fault } from "./mount-keeper.ts";
import { MOUNT_TABLE_FILE, type MountEntry, mountsAt } from "./mount-table.ts";

const GUARD = "jupyter-cluster-guard";
const NOTE = "THE-SHARED-STORAGE-IS-NOT-MOUNTED";
const COMMAND_MS_MAX = 5_000;
/** More than this on top of one another is no accident of ours. */
const MOUNTS_MAX = 16;

const GUARD_SCRIPT =
  'mkdir -p "$1" && mount -t tmpfs -o mode=0755,nosuid,nodev,noexec,size=64k "$2" "$1" && ' +
  ': >"$1/$3" && mount -o remount,ro "$1"';

export interface MountPlaceOptions {
  readonly mountPath: string;
  readonly files: Pick<Files, "read">;
  readonly processes: Pick<Processes, "run">;
}

export class MountPlace {
  constructor(private readonly options: MountPlaceOptions) {}

  /** What is seen there; null: nothing but the guard, or not even that. */
  async mounted(): Promise<MountEntry | null> {
    const top = await this.top(this.options.mountPath);
    return top === null || top.source === GUARD ? null : top;
  }

  /** An empty directory of root's own, for a mount that nobody is to look at yet. */
  async stage(): Promise<string> {
    await this.unmount(MOUNT_STAGE_DIR);
    await this.options.processes.run("/usr/bin/mkdir", ["-p", "-m", "0700", MOUNT_STAGE_DIR], {
      timeoutMs: COMMAND_MS_MAX,
    });
    return MOUNT_STAGE_DIR;
  }

  /** What is mounted in the stage is seen at the place from now on. */
  async show(): Promise<void> {
    const args = ["--move", "--no-canonicalize", MOUNT_STAGE_DIR, this.options.mountPath];
    await this.options.processes.run("/usr/bin/mount", args, { timeoutMs: COMMAND_MS_MAX });
  }

  /** Leaves the guard, and nothing on it. Null: it is done. */
  async clear(): Promise<Fault | null> {
    const { mountPath, processes } = this.options;
    try {
      await this.unmountAll();
      if ((await this.top(mountPath))?.source === GUARD) return null;
      const args = ["-c", GUARD_SCRIPT, "sh", mountPath, GUARD, NOTE];
      await processes.run("/bin/sh", args, { timeoutMs: COMMAND_MS_MAX });
      return null;
    } catch (error) {
      const said = messageOf(error);
      if (!/permission denied|not permitted/i.test(said)) {
        return { fault: "NotMounted", message: `${mountPath} cannot be prepared: ${said}` };
      }
      return { fault: "MountNotAllowed", message: mayNotMount(said) };
    }
  }

  /** Lazily: whoever has files open there keeps them, dead as they are. */
  async unmountAll(): Promise<void> {
    await this.unmount(MOUNT_STAGE_DIR);
    await this.unmount(this.options.mountPath);
  }

  private async unmount(path: string): Promise<void> {
    const args = ["--lazy", "--no-canonicalize", "--internal-only", path];
    for (let i = 0; i < MOUNTS_MAX; i += 1) {
      const top = await this.top(path);
      if (top === null || top.source === GUARD) return;
      await this.options.processes.run("/usr/bin/umount", args, { timeoutMs: COMMAND_MS_MAX });
    }
  }

  private async top(path: string): Promise<MountEntry | null> {
    const mountinfo = (await this.options.files.read(MOUNT_TABLE_FILE)) ?? "";
    return mountsAt(mountinfo, path).at(-1) ?? null;
  }
}

export function mayNotMount(said: string): string {
  return (
    "the container may not mount file systems: the Mesos agent's Docker must let it have the " +
    `capability SYS_ADMIN and run it without an AppArmor profile (${said})`
  );
}
