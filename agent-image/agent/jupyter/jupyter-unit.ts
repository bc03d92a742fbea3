/**
 * Runs JupyterLab as the normal user. With `standby: warm` on every node, so that a failover costs
 * the election only; with `cold` only where the local member leads.
 */
import type { StartCommand, EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import { JUPYTER_RUN_DIR } from "../paths.ts";
import type { AgentPorts, LineLog } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { OOM_SCORE_ADJ } from "../system/oom-score.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import type { User } from "../system/user.ts";
import { PATIENCE } from "../unit/patience.ts";
import { Unit } from "../unit/unit.ts";
import { quietLog } from "./quiet-log.ts";
import { jupyterConfig, jupyterEnv } from "./jupyter-config.ts";

const CONFIG_FILE = `${JUPYTER_RUN_DIR}/jupyter_server_config.json`;
const COOKIE_SECRET_FILE = `${JUPYTER_RUN_DIR}/cookie_secret`;
const STOP_MS_MAX = 1_500;
const PROBE_EVERY_MS_STARTING = 100;
const PROBE_EVERY_MS = 5_000;
/**
 * etcd's start decides when the cluster is there, and it takes a fraction of a second of which
 * Jupyter's start, with all processors busy for a second, would make several. So Jupyter waits for
 * the local member to see a leader, but not longer than this (milliseconds): it needs none.
 */
const ETCD_FIRST_MS_MAX = 1_500;
const NICE_WHILE_STARTING = 10;

export class JupyterUnit {
  private readonly unit: Unit;
  private readonly prober: RepeatingTask;
  private readonly switcher: RepeatingTask;
  private user: User | null = null;
  private secrets: StartCommand["jupyter"] | null = null;
  private configured: StartCommand["jupyter"] | null = null;
  private leads = false;
  private sawLeader = false;
  private orderedAt = 0;

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "files" | "processes"> & {
      readonly config: NodeConfig;
      readonly board: StatusBoard;
      readonly output: LineLog;
      /** Where the agent answers for the cluster's kernels; null: kernels are JupyterLab's own. */
      readonly kernelsSocket: string | null;
    },
  ) {
    const { clock, log, files, output, board, processes } = options;
    const task = (name: string, run: () => Promise<number>) =>
      new RepeatingTask({ name, clock, log, run });
    this.prober = task("jupyter-probe", () => this.probe());
    this.switcher = task("jupyter-switch", () => this.switchUnit());
    this.unit = new Unit({
      name: "jupyter",
      clock,
      log,
      ...{ processes, files },
      output: quietLog(output, () => this.secrets),
      patience: PATIENCE.jupyter,
      command: () => this.command(),
      stopTimeoutMs: STOP_MS_MAX,
      niceWhileStarting: NICE_WHILE_STARTING,
      onChange: () => {
        board.update({ units: { ...board.now.units, jupyter: this.unit.status() } });
        if (!this.unit.status().ready) this.prober.wake();
        this.tellProblem();
      },
    });
    this.switcher.start();
    this.prober.start();
  }

  /** The user is there and the shared storage was prepared. */
  setUser(user: User): void {
    this.user = user;
    this.switcher.wake();
  }

  setSecrets(secrets: StartCommand["jupyter"]): void {
    if (this.secrets === null) this.orderedAt = this.options.clock.now();
    this.secrets = secrets;
    this.switcher.wake();
  }

  setHealth(health: EtcdHealth | null): void {
    // While the local member is silent nothing is decided: it may still lead.
    if (health === null) return;
    const leads = health.leaderId === health.memberId;
    const sawLeader = this.sawLeader || health.leaderId !== null;
    if (leads === this.leads && sawLeader === this.sawLeader) return;
    this.leads = leads;
    this.sawLeader = sawLeader;
    this.switcher.wake();
    // What is asked of it is another question now.
    this.prober.wake();
  }

  async stop(): Promise<void> {
    await this.switcher.stop();
    await this.unit.stop();
    await this.prober.stop();
  }

  private async switchUnit(): Promise<number> {
    const { user, secrets } = this;
    const { config } = this.options;
    if (user === null || secrets === null) return 60_000;
    if (JSON.stringify(secrets) !== JSON.stringify(this.configured)) {
      await this.unit.stop();
      await this.configure(user, secrets);
    }
    if (config.jupyter.standby === "cold" && !this.leads) {
      await this.unit.stop();
      return 60_000;
    }
    const waitMs = this.orderedAt + ETCD_FIRST_MS_MAX - this.options.clock.now();
    if (!this.sawLeader && waitMs > 0) return waitMs;
    this.unit.start();
    return 60_000;
  }

  private async configure(user: User, secrets: StartCommand["jupyter"]): Promise<void> {
    const { files, config } = this.options;
    await files.makeDirectory(JUPYTER_RUN_DIR, 0o755);
    const places = {
      configFile: CONFIG_FILE,
      cookieSecretFile: COOKIE_SECRET_FILE,
      kernelsSocket: this.options.kernelsSocket,
    };
    const text = jupyterConfig(config, secrets, places);
    const secret = { mode: 0o600, owner: user };
    await files.write(CONFIG_FILE, text, secret);
    await files.write(COOKIE_SECRET_FILE, secrets.cookieSecret, secret);
    this.configured = secrets;
  }

  private command() {
    const { user } = this;
    if (user === null) throw new Error("Jupyter is started without a user");
    return {
      file: "/usr/bin/jupyter-lab",
      args: [`--config=${CONFIG_FILE}`],
      env: jupyterEnv(user, this.options.kernelsSocket),
      cwd: user.home,
      owner: { uid: user.uid, gid: user.gid },
      oomScoreAdj: OOM_SCORE_ADJ.jupyter,
    };
  }

  private async probe(): Promise<number> {
    if (this.unit.status().pid === null) return 60_000;
    const { config, processes } = this.options;
    const ready = await this.unit.ask((timeoutMs) => {
      return processes.probeHttp(config.jupyter.port, this.question(), timeoutMs);
    });
    this.unit.setReady(ready);
    this.tellProblem();
    return ready ? PROBE_EVERY_MS : PROBE_EVERY_MS_STARTING;
  }

  /** The leader's serves when it has taken over the kernels of the one before. */
  private question(): string {
    return this.options.kernelsSocket !== null && this.leads
      ? "/api/jupyter-cluster/ready"
      : "/api";
  }

  private tellProblem(): void {
    const { state, ready, lastExit } = this.unit.status();
    let problem: string | null = null;
    if (state === "backoff") {
      problem = `Jupyter ended with ${lastExit?.signal ?? `code ${lastExit?.code ?? "unknown"}`}`;
    } else if (state === "running" && !ready) {
      problem = "Jupyter does not answer";
    }
    this.options.board.setProblem("jupyter", problem);
  }
}
