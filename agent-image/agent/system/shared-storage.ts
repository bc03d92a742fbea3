/** Whether the shared file system is there and the normal user can write to it. */
import { messageOf } from "../../../controller/model/errors.ts";
import type { Files } from "../ports/files.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { RepeatingTask } from "./repeating-task.ts";
import type { User } from "./user.ts";

const PROBE_MS_MAX = 3_000;
const PROBE_EVERY_MS = 30_000;
const PROBE_EVERY_MS_FAILING = 1_000;

/**
 * Writes, reads back and removes a file of its own; it runs in a child, for it may hang. Its name
 * is new each time: whoever uses the directory might have put something else at a name that is
 * known. What an earlier probe has left goes, as far as it can.
 */
const PROBE_SCRIPT =
  'rm -f "$1".?????? 2>/dev/null; f=$(mktemp "$1.XXXXXX") && printf "%s" "$2" >"$f" && ' +
  'test "$(cat "$f")" = "$2" && rm -f "$f"';

export class SharedStorage {
  private readonly task: RepeatingTask;
  private user: User | null = null;
  private probes = 0;
  private tellProbed: () => void = () => undefined;
  private readonly probed = new Promise<void>((resolve) => {
    this.tellProbed = resolve;
  });

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "files" | "processes"> & {
      readonly mountPath: string;
      /** Makes the probe's file this node's own. */
      readonly slot: number;
      readonly board: StatusBoard;
    },
  ) {
    const { clock, log } = options;
    this.task = new RepeatingTask({ name: "shared-storage", clock, log, run: () => this.run() });
  }

  /** Resolves after the first probe, whatever it found. */
  start(user: User): Promise<void> {
    this.user = user;
    this.task.start();
    return this.probed;
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  private async run(): Promise<number> {
    if (this.user === null) return PROBE_EVERY_MS_FAILING;
    const failure = await this.failure(this.user);
    this.tellProbed();
    const { board, mountPath } = this.options;
    const message = failure ?? `${mountPath} is mounted and writable`;
    board.update({ storage: { ready: failure === null, message } });
    board.setProblem("storage", failure === null ? null : `shared storage: ${failure}`);
    return failure === null ? PROBE_EVERY_MS : PROBE_EVERY_MS_FAILING;
  }

  private async failure(user: User): Promise<string | null> {
    const { mountPath, files } = this.options;
    const mounts = (await files.read("/proc/self/mountinfo")) ?? "";
    if (!isMountPoint(mounts, mountPath)) return `nothing is mounted at ${mountPath}`;
    try {
      await this.probe(user);
      return null;
    } catch (error) {
      if (!/permission denied/i.test(messageOf(error))) return messageOf(error);
    }
    try {
      await giveToUser(files, mountPath, user);
      await this.probe(user);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  private async probe(user: User): Promise<void> {
    const { mountPath, slot, processes } = this.options;
    this.probes += 1;
    const file = `${mountPath}/.jupyter-cluster-probe-${slot}`;
    const args = ["-c", PROBE_SCRIPT, "sh", file, String(this.probes)];
    const owner = { uid: user.uid, gid: user.gid };
    await processes.run("/bin/sh", args, { timeoutMs: PROBE_MS_MAX, owner });
  }
}

/** A fresh volume belongs to root. What belongs to somebody else is left as it is. */
async function giveToUser(files: Files, mountPath: string, user: User): Promise<void> {
  const { uid } = await files.stat(mountPath);
  if (uid !== 0)
    throw new Error(`${user.name} may not write to ${mountPath}, which has uid ${uid}`);
  await files.chown(mountPath, user);
}

/** @param mountinfo text of /proc/self/mountinfo (proc(5)); the fifth field is the mount point */
export function isMountPoint(mountinfo: string, path: string): boolean {
  const wanted = path.length > 1 ? path.replace(/\/+$/, "") : path;
  return mountinfo.split("\n").some((line) => {
    const field = line.split(" ")[4] ?? "";
    const point = field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return point === wanted;
  });
}
