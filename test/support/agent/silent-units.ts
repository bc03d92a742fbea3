/**
 * The agent's real units in virtual time, over programs that a test stops, keeps busy, or makes deaf. The
 * agent itself can be stopped too.
 */
import type { EtcdClient } from "../../../agent-image/agent/ports/etcd-client.ts";
import type { Files } from "../../../agent-image/agent/ports/files.ts";
import type {
  ProbeAnswer,
  Processes,
  ProcessWatcher,
} from "../../../agent-image/agent/ports/processes.ts";
import { HealthMonitor } from "../../../agent-image/agent/etcd/health-monitor.ts";
import { JupyterUnit } from "../../../agent-image/agent/jupyter/jupyter-unit.ts";
import { SshdUnit } from "../../../agent-image/agent/ssh/sshd-unit.ts";
import { PATIENCE } from "../../../agent-image/agent/unit/patience.ts";
import { Unit } from "../../../agent-image/agent/unit/unit.ts";
import type { NodeConfig, UnitName, UnitStatus } from "../../../controller/model/agent-api.ts";
import { ProcessClock } from "../../simulation/engine/process-clock.ts";
import { SteppedClock } from "../mesos-local/stepped-clock.ts";
import { silentLog } from "../silent-log.ts";
import { followerHealth, newBoard } from "./status-parts.ts";

/** What a program does. `starting`: it has not begun to listen. */
export type Mode = "answers" | "stopped" | "busy" | "refuses" | "starting";

const ANSWER_MS = 5;
const STEP_MS = 25;
const CONFIG = {
  ...{ namespace: "default", cluster: "nb", slot: 0, taskId: "t", ip: "127.0.0.1" },
  tokenSha256: "",
  etcd: { tls: false, heartbeatMs: 100, electionMs: 1_000, quotaMiB: 100 },
  jupyter: { port: 8888, auth: "none", standby: "warm" },
  ssh: { user: "admin", authorizedKeys: [] },
  storage: { mountPath: "/shared" },
} satisfies NodeConfig;
const USER = { name: "admin", uid: 1, gid: 1, home: "/home/admin" };

class Programs implements Processes {
  private present: Mode = "starting";
  /** What the next process does. */
  next: Mode = "answers";
  /** Of each that was killed. */
  readonly killed: number[] = [];
  private pid = 0;
  private readonly open = new Set<(answer: ProbeAnswer) => void>();

  constructor(private readonly clock: ProcessClock) {}

  get mode(): Mode {
    return this.present;
  }

  /** Whoever asked before is answered then. */
  set mode(mode: Mode) {
    this.present = mode;
    if (mode === "answers") this.answerAll("ready");
  }

  start(_: unknown, watcher: ProcessWatcher) {
    this.pid += 1;
    this.mode = this.next;
    const { pid, clock } = this;
    return {
      pid,
      renice: () => undefined,
      signal: (signal: "SIGTERM" | "SIGKILL") => {
        if (signal === "SIGTERM" && this.mode === "stopped") return;
        if (signal === "SIGKILL") this.killed.push(clock.now());
        this.answerAll("refused");
        clock.after(1, () => watcher.onEnd(null, signal));
      },
    };
  }

  run = () => Promise.resolve("");
  probeSsh = (_: number, timeoutMs: number) => this.answer(timeoutMs);
  probeHttp = (_: number, __: string, timeoutMs: number) => this.answer(timeoutMs);

  answer(timeoutMs: number): Promise<ProbeAnswer> {
    const { mode, clock } = this;
    if (mode === "refuses" || mode === "starting") return Promise.resolve("refused");
    return new Promise((resolve) => {
      this.open.add(resolve);
      if (mode === "answers") this.answerAll("ready");
      clock.after(timeoutMs, () => {
        this.open.delete(resolve);
        resolve("unanswered");
      });
    });
  }

  private answerAll(answer: ProbeAnswer): void {
    const asked = [...this.open];
    this.open.clear();
    this.clock.after(ANSWER_MS, () => asked.forEach((resolve) => resolve(answer)));
  }

  /** As /proc tells it. */
  get stat(): string {
    return `${this.pid} (a (b) c) ${this.mode === "stopped" ? "T" : "S"} 1 1 1`;
  }
}

export class SilentUnit {
  private readonly world = new SteppedClock();
  /** Of the agent. */
  readonly clock = new ProcessClock(this.world);
  readonly programs = new Programs(this.clock);
  private readonly board = newBoard();
  /** Its etcd takes part in elections that nobody wins. */
  withoutQuorum = false;

  static async start(name: UnitName, next: Mode = "answers"): Promise<SilentUnit> {
    const unit = new SilentUnit(name);
    unit.programs.next = next;
    await unit.begin();
    return unit;
  }

  private constructor(private readonly name: UnitName) {}

  get status(): UnitStatus {
    return this.board.now.units[this.name];
  }

  /** Virtual milliseconds since the clock began, of which the tests tell differences. */
  get now(): number {
    return this.world.now();
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.world.advance(STEP_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Passes until it was killed; null: not within `ms`. Milliseconds from now. */
  async untilKilled(ms: number): Promise<number | null> {
    const [begin, before] = [this.now, this.programs.killed.length];
    while (this.now - begin < ms && this.programs.killed.length === before)
      await this.pass(STEP_MS);
    return this.programs.killed.length === before ? null : this.now - begin;
  }

  /** The agent, and nobody else, stands still for so long. */
  async pauseAgent(ms: number): Promise<void> {
    this.clock.pause();
    await this.pass(ms);
    this.clock.resume();
    await this.pass(STEP_MS);
  }

  private async begin(): Promise<void> {
    const { clock, programs, board } = this;
    const files = {
      read: (path: string) => Promise.resolve(path.startsWith("/proc/") ? programs.stat : null),
      write: () => Promise.resolve(),
      makeDirectory: () => Promise.resolve(),
    } as unknown as Files;
    const output = { write: () => undefined };
    const common = { clock, log: silentLog, files, processes: programs, output, board };
    if (this.name === "sshd") await new SshdUnit({ ...common, config: CONFIG }).start();
    else if (this.name === "etcd") this.startEtcd(common);
    else {
      const jupyter = new JupyterUnit({
        kernelsSocket: null,
        ...common,
        config: CONFIG,
      });
      jupyter.setUser(USER);
      jupyter.setSecrets({ token: "", cookieSecret: "" });
      jupyter.setHealth(followerHealth());
    }
    await this.pass(500);
  }

  /** As EtcdUnit joins them. */
  private startEtcd(common: {
    clock: ProcessClock;
    log: typeof silentLog;
    files: Files;
    processes: Programs;
    output: { write: () => void };
  }): void {
    const { programs, board } = this;
    const client = {
      status: async (timeoutMs: number) => {
        const answer = await programs.answer(timeoutMs);
        if (answer === "ready") return followerHealth();
        throw new Error(
          answer === "refused"
            ? "14 UNAVAILABLE: No connection established"
            : "4 DEADLINE_EXCEEDED: Deadline exceeded",
        );
      },
      members: () => Promise.resolve([]),
    } as unknown as EtcdClient;
    const monitor: HealthMonitor = new HealthMonitor({
      ...common,
      connectEtcd: () => Promise.resolve(client),
      ask: (question) => unit.ask(question),
      onHealth: (health) => unit?.setReady(health !== null),
    });
    const unit: Unit = new Unit({
      ...common,
      name: "etcd",
      patience: PATIENCE.etcd,
      stopTimeoutMs: 2_000,
      mayBeSilent: (answered) => !answered && this.withoutQuorum,
      command: () => {
        monitor.restarted();
        return { file: "/usr/bin/etcd", args: [], env: {}, cwd: "/", owner: null };
      },
      onChange: () => {
        board.update({ units: { ...board.now.units, etcd: unit.status() } });
        if (unit.status().pid === null) monitor.ended();
      },
    });
    unit.start();
  }
}
