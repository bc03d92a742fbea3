/** Runs sshd, and asks it for its banner. */
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { AUTHORIZED_KEYS_DIR, HOST_KEY_FILE, SSHD_CONFIG_FILE } from "../paths.ts";
import { writeIfChanged } from "../ports/files.ts";
import type { AgentPorts, LineLog } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { OOM_SCORE_ADJ } from "../system/oom-score.ts";
import { isStopped } from "../system/process-state.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import { PATIENCE } from "../unit/patience.ts";
import { Unit } from "../unit/unit.ts";
import { renderSshdConfig } from "./ssh-text.ts";

const STOP_MS_MAX = 500;
const PROBE_EVERY_MS_STARTING = 50;
const LOOK_EVERY_MS = 5_000;
/** Rarely: each connection costs sshd a process and a line in its log. A look at its process is free. */
const LOOKS_PER_PROBE = 6;

/** Addresses of IPv6, a line each (proc_net(5)); not there: the kernel has none. */
const INTERFACES6_FILE = "/proc/net/if_inet6";

export class SshdUnit {
  private readonly unit: Unit;
  private readonly prober: RepeatingTask;
  /** Since its banner was last asked for. */
  private looks = 0;

  constructor(
    private readonly options: Pick<AgentPorts, "clock" | "log" | "files" | "processes"> & {
      readonly config: NodeConfig;
      readonly board: StatusBoard;
      readonly output: LineLog;
    },
  ) {
    const { board, clock, log, files, output, processes } = options;
    this.prober = new RepeatingTask({ name: "sshd-probe", clock, log, run: () => this.probe() });
    this.unit = new Unit({
      name: "sshd",
      clock,
      log,
      ...{ processes, files, output },
      patience: PATIENCE.sshd,
      command: () => ({
        file: "/usr/sbin/sshd",
        args: ["-D", "-e", "-f", SSHD_CONFIG_FILE],
        env: { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" },
        cwd: "/",
        owner: null,
        oomScoreAdj: OOM_SCORE_ADJ.logins,
      }),
      stopTimeoutMs: STOP_MS_MAX,
      onChange: () => {
        board.update({ units: { ...board.now.units, sshd: this.unit.status() } });
        if (!this.unit.status().ready) this.prober.wake();
      },
    });
  }

  async start(): Promise<void> {
    const { files } = this.options;
    await files.makeDirectory("/run/sshd", 0o755);
    const text = renderSshdConfig({
      loopback6: hasLoopback6(await files.read(INTERFACES6_FILE)),
      user: this.options.config.ssh.user,
      hostKeyFile: HOST_KEY_FILE,
      authorizedKeysDir: AUTHORIZED_KEYS_DIR,
    });
    await writeIfChanged(files, SSHD_CONFIG_FILE, text, { mode: 0o644 });
    this.unit.start();
    this.prober.start();
  }

  async stop(): Promise<void> {
    await this.unit.stop();
    await this.prober.stop();
  }

  private async probe(): Promise<number> {
    const { unit } = this;
    const { pid, ready: wasReady } = unit.status();
    if (pid === null) return LOOK_EVERY_MS;
    this.looks += 1;
    const isDue = !wasReady || this.looks >= LOOKS_PER_PROBE;
    if (!isDue && !(await isStopped(this.options.files, pid))) return LOOK_EVERY_MS;
    this.looks = 0;
    const ready = await unit.ask((timeoutMs) => this.options.processes.probeSsh(22, timeoutMs));
    unit.setReady(ready);
    return ready ? LOOK_EVERY_MS : PROBE_EVERY_MS_STARTING;
  }
}

function hasLoopback6(addresses: string | null): boolean {
  return /^0{31}1 /m.test(addresses ?? "");
}
