/**
 * Whether the normal user can write to a directory, asked by a child process: whoever looks at a mount
 * that hangs hangs with it, and may not even be killed. There is one such child at a time.
 */
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import { type Processes, StillRunning } from "../ports/processes.ts";
import type { User } from "../system/user.ts";

export type ProbeFailure =
  /** @property forMs since the first question that was not answered */
  | { readonly state: "hangs"; readonly forMs: number }
  | { readonly state: "fails"; readonly message: string };

const PROBE_MS_MAX = 3_000;

/**
 * Writes, reads back and removes a file of its own. Its name is new each time: whoever uses the
 * directory might have put something else at a name that is known. What an earlier probe has left
 * goes, as far as it can.
 */
const PROBE_SCRIPT =
  'rm -f "$1".?????? 2>/dev/null; f=$(mktemp "$1.XXXXXX") && printf "%s" "$2" >"$f" && ' +
  'test "$(cat "$f")" = "$2" && rm -f "$f"';

/** A fresh volume belongs to root. What belongs to somebody else is left as it is. */
const GIVE_SCRIPT =
  'u=$(stat -c %u "$1") || exit 1; if [ "$u" = 0 ]; then chown "$2" "$1"; else ' +
  'echo "$3 may not write to $1, which has uid $u" >&2; exit 1; fi';

export interface MountProbeOptions {
  readonly mountPath: string;
  /** Makes the probe's file this node's own. */
  readonly slot: number;
  readonly clock: Clock;
  readonly processes: Pick<Processes, "run">;
}

export class MountProbe {
  private probes = 0;
  /** Since when nobody was answered; null: the last one was. */
  private hangingSince: number | null = null;
  /** The last child was killed and has not ended. */
  private isStuck = false;

  constructor(private readonly options: MountProbeOptions) {}

  /** @returns null: it works */
  async probe(user: User): Promise<ProbeFailure | null> {
    const failure = await this.ask(() => this.write(user));
    if (failure?.state !== "fails" || !/permission denied/i.test(failure.message)) return failure;
    return (await this.ask(() => this.giveTo(user))) ?? (await this.ask(() => this.write(user)));
  }

  private async ask(question: () => Promise<void>): Promise<ProbeFailure | null> {
    const { clock } = this.options;
    const since = this.hangingSince ?? clock.now();
    if (this.isStuck) return { state: "hangs", forMs: clock.now() - since };
    try {
      await question();
      this.hangingSince = null;
      return null;
    } catch (error) {
      if (!(error instanceof StillRunning)) {
        this.hangingSince = null;
        return { state: "fails", message: messageOf(error) };
      }
      this.hangingSince = since;
      this.isStuck = true;
      void error.ended.then(() => {
        this.isStuck = false;
      });
      return { state: "hangs", forMs: clock.now() - since };
    }
  }

  private async write(user: User): Promise<void> {
    const { mountPath, slot, processes } = this.options;
    this.probes += 1;
    const file = `${mountPath}/.jupyter-cluster-probe-${slot}`;
    const args = ["-c", PROBE_SCRIPT, "sh", file, String(this.probes)];
    const owner = { uid: user.uid, gid: user.gid };
    await processes.run("/bin/sh", args, { timeoutMs: PROBE_MS_MAX, owner });
  }

  private async giveTo({ uid, gid, name }: User): Promise<void> {
    const { mountPath, processes } = this.options;
    const args = ["-c", GIVE_SCRIPT, "sh", mountPath, `${uid}:${gid}`, name];
    await processes.run("/bin/sh", args, { timeoutMs: PROBE_MS_MAX });
  }
}
