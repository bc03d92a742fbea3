/** Runs sshd, and asks it for its banner. */
import { mkdir } from "node:fs/promises";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import { AUTHORIZED_KEYS_DIR, HOST_KEY_FILE, SSHD_CONFIG_FILE } from "../paths.ts";
import type { StatusBoard } from "../status/status-board.ts";
import { writeIfChanged } from "../system/atomic-file.ts";
import { probeSshBanner } from "../system/probes.ts";
import { RepeatingTask } from "../system/repeating-task.ts";
import { Unit } from "../unit/unit.ts";
import type { UnitLog } from "../unit/unit-log.ts";
import { renderSshdConfig } from "./ssh-text.ts";

const STOP_MS_MAX = 500;
const PROBE_MS_MAX = 1_000;
const PROBE_EVERY_MS_STARTING = 50;
/** Rarely: each connection costs sshd a process and a line in its log. */
const PROBE_EVERY_MS = 30_000;

export class SshdUnit {
  private readonly unit: Unit;
  private readonly prober: RepeatingTask;

  constructor(
    private readonly options: {
      readonly config: NodeConfig;
      readonly board: StatusBoard;
      readonly clock: Clock;
      readonly log: Logger;
      readonly output: UnitLog;
    },
  ) {
    const { board, clock, log, output } = options;
    this.prober = new RepeatingTask({ name: "sshd-probe", clock, log, run: () => this.probe() });
    this.unit = new Unit({
      name: "sshd",
      clock,
      log,
      output,
      command: () => ({
        file: "/usr/sbin/sshd",
        args: ["-D", "-e", "-f", SSHD_CONFIG_FILE],
        env: { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" },
        cwd: "/",
        owner: null,
      }),
      stopTimeoutMs: STOP_MS_MAX,
      onChange: () => {
        board.update({ units: { ...board.now.units, sshd: this.unit.status() } });
        if (!this.unit.status().ready) this.prober.wake();
      },
    });
  }

  async start(): Promise<void> {
    await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    const text = renderSshdConfig({
      user: this.options.config.ssh.user,
      hostKeyFile: HOST_KEY_FILE,
      authorizedKeysDir: AUTHORIZED_KEYS_DIR,
    });
    await writeIfChanged(SSHD_CONFIG_FILE, text, { mode: 0o644 });
    this.unit.start();
    this.prober.start();
  }

  async stop(): Promise<void> {
    await this.unit.stop();
    await this.prober.stop();
  }

  private async probe(): Promise<number> {
    if (this.unit.status().pid === null) return PROBE_EVERY_MS;
    const ready = await probeSshBanner("127.0.0.1", 22, PROBE_MS_MAX);
    this.unit.setReady(ready);
    return ready ? PROBE_EVERY_MS : PROBE_EVERY_MS_STARTING;
  }
}
