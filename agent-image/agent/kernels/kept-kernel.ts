/**
 * One kernel of this node: its keeper's process, what was ordered of it and what it has said. The keeper
 * outlives its kernel, so that a restart keeps its pages' connections; it ends when it is told to.
 */
import type {
  KernelExit,
  KernelFront,
  KernelSpec,
  KernelState,
} from "../../../controller/model/kernels.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { KERNEL_RUN_DIR, KERNEL_SPILL_DIR } from "../paths.ts";
import type { Files } from "../ports/files.ts";
import type { KeeperLink, KernelHost } from "../ports/kernel-host.ts";
import type { LineLog } from "../ports/ports.ts";
import type { Processes, RunningProcess } from "../ports/processes.ts";
import { OOM_SCORE_ADJ } from "../system/oom-score.ts";
import type { User } from "../system/user.ts";
import { type Condemned, exitOf } from "./kernel-exit.ts";
import { readNews } from "./keeper-news.ts";

/** A keeper that does not listen by then has failed. */
const LINK_MS_MAX = 15_000;
const LINK_RETRY_MS = 25;
/** SIGKILL follows. */
const STOP_MS_MAX = 1_500;

export interface KeptKernelOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly files: Pick<Files, "makeDirectory" | "chown" | "remove">;
  readonly processes: Processes;
  readonly host: KernelHost;
  readonly output: LineLog;
  readonly user: User;
  /** Of its node. */
  readonly ip: string;
  /** Environment of a program of the user's, beneath what the kernel's own says. */
  readonly env: Readonly<Record<string, string>>;
  /** RLIMIT_NPROC, which counts all processes of this user that run on the host. */
  readonly nproc: number;
  /** How many processes of this node Linux has ended over memory. */
  readonly oomKills: () => Promise<number>;
  readonly onChange: () => void;
}

export class KeptKernel {
  private process: RunningProcess | null = null;
  private link: KeeperLink | null = null;
  private cancelRetry: () => void = () => undefined;
  private ended: Promise<void> = Promise.resolve();
  private stopping = false;
  private wantedFront: string | null = null;
  private listens = false;
  private readonly unsaid: string[] = [];
  private oomKills = 0;
  condemned: Condemned | null = null;
  incarnation = 0;
  state: KernelState = "starting";
  since: number;
  front: KernelFront | null = null;
  done = 0;
  exit: KernelExit | null = null;
  lastExit: KernelExit | null;
  memoryBytes = 0;

  constructor(
    readonly id: string,
    private readonly options: KeptKernelOptions,
    first: KernelSpec,
  ) {
    this.since = options.clock.now();
    this.lastExit = first.lastExit;
    // What was asked of it before it was there.
    this.done = first.signal?.seq ?? 0;
  }

  /** Null: there is none. */
  get keeperPid(): number | null {
    return this.process?.pid ?? null;
  }

  /** A new process, in the keeper that is there or in a new one. */
  async start(spec: KernelSpec): Promise<void> {
    this.incarnation = spec.incarnation;
    this.exit = null;
    this.condemned = null;
    this.oomKills = await this.options.oomKills();
    this.setState("starting");
    if (this.process === null) await this.startKeeper(spec);
    else this.send({ start: { argv: spec.argv, cwd: spec.cwd, env: this.environment(spec) } });
  }

  /** Fenced by whoever asks: the newest order holds. */
  openFront(term: number, clientKey: string): void {
    const order = JSON.stringify({ front: { term, clientKey, force: true } });
    if (order === this.wantedFront) return;
    this.wantedFront = order;
    this.front = null;
    this.say(order);
  }

  signal(seq: number, signal: number): void {
    this.done = seq;
    if (this.exit === null) this.send({ signal });
    this.options.onChange();
  }

  /** Resolves when the keeper has ended, and its kernel with it. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.cancelRetry();
    const { files, clock } = this.options;
    if (this.process !== null) {
      if (this.listens) this.send({ stop: true });
      else this.process.signal("SIGTERM");
      const cancel = clock.after(STOP_MS_MAX, () => this.process?.signal("SIGKILL"));
      await this.ended;
      cancel();
    }
    await files.remove(this.directory);
    await files.remove(`${KERNEL_SPILL_DIR}/${this.id}`);
  }

  private get directory(): string {
    return `${KERNEL_RUN_DIR}/${this.id}`;
  }

  private async startKeeper(spec: KernelSpec): Promise<void> {
    const { files, user, ip, processes, output, nproc } = this.options;
    const spillDirectory = `${KERNEL_SPILL_DIR}/${this.id}`;
    // The user passes through these, and each kernel's own is its own alone.
    for (const above of [KERNEL_RUN_DIR, KERNEL_SPILL_DIR]) await files.makeDirectory(above, 0o755);
    for (const directory of [this.directory, spillDirectory]) {
      await files.remove(directory);
      await files.makeDirectory(directory, 0o700);
      await files.chown(directory, user);
    }
    if (this.stopping) return;
    const { argv, cwd } = spec;
    const limits = { nproc, oomScoreAdj: OOM_SCORE_ADJ.kernels };
    const order = {
      ...{ kernelId: this.id, directory: this.directory, spillDirectory, ip, limits },
      ...{ argv, cwd, env: this.environment(spec) },
    };
    const onLine = (line: string) => output.write(`${this.id} ${line}`);
    this.ended = new Promise((resolve) => {
      this.process = processes.start(
        {
          file: "/usr/bin/python3",
          args: ["-m", "jupyter_cluster.keeper"],
          env: this.options.env,
          cwd: user.home,
          owner: { uid: user.uid, gid: user.gid },
          oomScoreAdj: OOM_SCORE_ADJ.jupyter,
          input: `${JSON.stringify(order)}\n`,
        },
        {
          onLine,
          onError: (error) => onLine(error.message),
          onEnd: (code, signal) => this.onKeeperEnd(code, signal, resolve),
        },
      );
    });
    this.connect(this.options.clock.now() + LINK_MS_MAX);
  }

  private environment(spec: KernelSpec): Record<string, string> {
    return { ...this.options.env, ...spec.env };
  }

  /** Tries until the keeper listens. */
  private connect(until: number): void {
    const { host, clock, log } = this.options;
    const { process } = this;
    let heard = false;
    const link = host.link(`${this.directory}/control.sock`, {
      onLine: (line) => {
        if (!heard && this.link === link) this.sayUnsaid();
        heard = true;
        void this.take(line);
      },
      onClose: () => {
        if (this.link === link) {
          this.link = null;
          this.listens = false;
        }
        if (process === null || this.process !== process || this.stopping) return;
        if (!heard && clock.now() >= until) {
          log.error({ kernel: this.id }, "keeper does not listen and is killed");
          return process.signal("SIGKILL");
        }
        const next = heard ? clock.now() + LINK_MS_MAX : until;
        this.cancelRetry = clock.after(LINK_RETRY_MS, () => this.connect(next));
      },
    });
    this.link = link;
  }

  private send(order: object): void {
    this.say(JSON.stringify(order));
  }

  /** A keeper that listens says so; until then what it is told waits. */
  private say(order: string): void {
    if (this.listens) this.link?.send(order);
    else this.unsaid.push(order);
  }

  private sayUnsaid(): void {
    this.listens = true;
    for (const order of this.unsaid.splice(0)) this.link?.send(order);
  }

  private async take(line: string): Promise<void> {
    const news = readNews(line);
    if (news === null) return;
    if (news.type === "front") {
      this.front = news.front;
      this.options.onChange();
    } else if (news.type === "state") {
      if (this.exit === null) this.setState(news.state);
    } else if (news.type === "exit") {
      await this.end(news.code, news.signal);
    } else if (news.type === "refused") {
      this.options.log.warn({ kernel: this.id, message: news.message }, "keeper refuses");
    }
  }

  private onKeeperEnd(code: number | null, signal: string | null, resolve: () => void): void {
    this.process = null;
    this.front = null;
    this.wantedFront = null;
    this.link?.close();
    this.link = null;
    this.listens = false;
    this.unsaid.length = 0;
    this.cancelRetry();
    resolve();
    if (!this.stopping) void this.end(code, signal);
  }

  private async end(code: number | null, signal: string | null): Promise<void> {
    if (this.exit !== null) return;
    const { clock, oomKills, log } = this.options;
    const { incarnation, condemned } = this;
    const oomKilled = (await oomKills()) > this.oomKills;
    if (this.exit !== null || this.incarnation !== incarnation) return;
    const why = exitOf({ code, signal, condemned, oomKilled });
    this.exit = { incarnation, at: clock.now(), ...why, code, signal };
    this.lastExit = this.exit;
    log.info({ kernel: this.id, reason: why.reason, code, signal }, "kernel ended");
    this.setState("dead");
  }

  private setState(state: KernelState): void {
    if (state === this.state && state !== "dead") return;
    this.state = state;
    this.since = this.options.clock.now();
    this.options.onChange();
  }
}
