/**
 * A volume of GlusterFS mounted by a client that this agent starts, watches and starts again. A client
 * whose servers are away finds them again by itself; one that has ended leaves a dead mount behind.
 */
import { delayAfter } from "../../../controller/support/backoff.ts";
import type { AgentPorts } from "../ports/ports.ts";
import type { RunningProcess } from "../ports/processes.ts";
import { isStopped } from "../system/process-state.ts";
import {
  clientCommand,
  errorIn,
  type GlusterfsVolume,
  isServing,
  whyNotMounted,
} from "./glusterfs-client.ts";
import { LastingErrors, whatFollows } from "./lasting-errors.ts";
import { explainAny, type Fault, isDead, type MountKeeper } from "./mount-keeper.ts";
import type { MountPlace } from "./mount-place.ts";
import type { ProbeFailure } from "./mount-probe.ts";

/** A server that is away costs 3 s, a name server that is away 10 s. */
const MOUNT_MS_MAX = 20_000;
const LOOK_EVERY_MS = 25;
const STOP_MS_MAX = 1_000;
/**
 * A client that hangs is left alone while it may wait for its servers: for so long as the volume's
 * network.ping-timeout, which is 42 s unless somebody has set it, and some more.
 */
const HANGING_MS_MAX = 120_000;
/** Of a client that was stopped by a signal: nobody else wakes it. */
const STOPPED_MS_MAX = 10_000;
const RETRY = { firstMs: 250, capMs: 5_000 };
/** While its client runs, it is only looked at. */
const LOOK_AGAIN_MS = 1_000;
const LINES_MAX = 200;
/** The same error each second is logged once until the volume is mounted again. */
const ERRORS_MAX = 20;

export interface GlusterfsMountOptions
  extends Pick<AgentPorts, "clock" | "log" | "files" | "processes"> {
  readonly volume: GlusterfsVolume;
  readonly mountPath: string;
  readonly place: MountPlace;
  /** The client of a mounted volume has ended. */
  readonly onLost: () => void;
}

export class GlusterfsMount implements MountKeeper {
  readonly isAwaited = true;
  readonly probeEveryMs = 5_000;
  mounts = 0;
  private client: RunningProcess | null = null;
  private ended: Promise<void> = Promise.resolve();
  /** It has said so; the volume may be shown. */
  private isServing = false;
  private isMounted = false;
  private stopping = false;
  /** Starts in a row that came to nothing. */
  private failures = 0;
  private lines: string[] = [];
  private readonly errors = new Set<string>();
  private readonly lasting: LastingErrors;

  constructor(private readonly options: GlusterfsMountOptions) {
    this.lasting = new LastingErrors(options.clock);
  }

  get retryMs(): number {
    return this.client === null ? delayAfter(RETRY, Math.max(1, this.failures)) : LOOK_AGAIN_MS;
  }

  async ensure(): Promise<Fault | null> {
    if (this.stopping) return { fault: "NotMounted", message: "the node is being stopped" };
    if (this.client === null) {
      const { place } = this.options;
      const fault = await place.clear();
      if (fault !== null || this.stopping) return fault ?? this.ensure();
      this.launch(await place.stage());
    }
    return this.isMounted ? null : this.untilMounted();
  }

  async explain(failure: ProbeFailure): Promise<Fault> {
    const { mountPath, volume, files } = this.options;
    const pid = this.client?.pid ?? null;
    if (pid === null) {
      const message = `the GlusterFS client of ${mountPath} has ended; it is started again`;
      return { fault: "MountDead", message };
    }
    if (failure.state === "hangs") {
      const stopped = await isStopped(files, pid);
      if (failure.forMs >= (stopped ? STOPPED_MS_MAX : HANGING_MS_MAX)) {
        this.kill({ silentMs: failure.forMs });
      }
    }
    const dueInMs = this.lasting.dueInMs(failure);
    if (dueInMs === 0) this.kill({ error: failure.state === "fails" ? failure.message : "" });
    const then = whatFollows(dueInMs);
    if (!isDead(failure)) {
      const { fault, message } = explainAny(mountPath, failure);
      return { fault, message: `${message}${then}` };
    }
    const where = volume.servers.join(", ");
    const message =
      `too few bricks of GlusterFS volume ${volume.volume} (${where}) can be reached: ` +
      `${failure.state === "fails" ? failure.message : ""}${then}`;
    return { fault: "ServersUnreachable", message };
  }

  works(): void {
    this.lasting.over();
  }

  async stop(): Promise<void> {
    const { clock, place } = this.options;
    this.stopping = true;
    this.client?.signal("SIGTERM");
    const cancel = clock.after(STOP_MS_MAX, () => this.client?.signal("SIGKILL"));
    await this.ended;
    cancel();
    await place.unmountAll();
  }

  private launch(directory: string): void {
    const { log, processes, volume } = this.options;
    this.lines = [];
    this.isServing = false;
    this.isMounted = false;
    this.ended = new Promise((resolve) => {
      this.client = processes.start(clientCommand(volume, directory), {
        onLine: (line) => this.onLine(line),
        onError: (error) => log.error({ error: error.message }, "GlusterFS client cannot be run"),
        onEnd: (code, signal) => {
          log.info({ code, signal }, "GlusterFS client ended");
          this.client = null;
          if (this.isMounted && !this.stopping) this.options.onLost();
          this.isMounted = false;
          resolve();
        },
      });
    });
  }

  private async untilMounted(): Promise<Fault | null> {
    const { clock, volume, log, place } = this.options;
    const until = clock.now() + MOUNT_MS_MAX;
    while (this.client !== null) {
      if (this.isServing) {
        await place.show();
        this.isMounted = true;
        this.failures = 0;
        this.mounts += 1;
        this.errors.clear();
        log.info({ volume: volume.volume, mounts: this.mounts }, "GlusterFS volume mounted");
        return null;
      }
      if (clock.now() >= until) this.client.signal("SIGKILL");
      await this.pause(LOOK_EVERY_MS);
    }
    this.failures += 1;
    const why = whyNotMounted(this.lines, volume);
    if (why.fault !== "NotMounted" || clock.now() < until) return why;
    const message = `no GlusterFS server of ${volume.servers.join(", ")} has answered within ${MOUNT_MS_MAX / 1_000} s`;
    return { fault: "ServersUnreachable", message };
  }

  private kill(why: { readonly silentMs: number } | { readonly error: string }): void {
    this.options.log.warn(why, "GlusterFS client is of no use any more and is killed");
    this.client?.signal("SIGKILL");
  }

  private onLine(line: string): void {
    this.lines = [...this.lines, line].slice(-LINES_MAX);
    if (isServing(line)) this.isServing = true;
    const error = errorIn(line);
    if (error === null || this.errors.has(error) || this.errors.size >= ERRORS_MAX) return;
    this.errors.add(error);
    this.options.log.warn({ error }, "GlusterFS client");
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.options.clock.after(ms, resolve));
  }
}
