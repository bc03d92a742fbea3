/** One of several controllers that share a state: its process, and what its API says. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import type { Overview } from "../../../controller/api/controller-status.ts";
import { overviewOf, untilRole } from "./controller-role.ts";

const PROGRAM = resolve("dist/controller/main.js");

export interface ControllerProcessOptions {
  readonly spec: string;
  readonly stateDir: string;
  /** `host:port` */
  readonly api: string;
  readonly logFile: string;
  /** More options of the verb. */
  readonly more?: readonly string[];
  /** What runs it, such as `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

export class ControllerProcess {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  constructor(private readonly options: ControllerProcessOptions) {
    const { spec, stateDir, api, logFile, more = [], within = [] } = options;
    const log = createWriteStream(logFile, { flags: "a" });
    const [command = "", ...args] = [
      ...within,
      ...[process.execPath, PROGRAM, "controller", "--standby", "--spec", spec],
      ...["--state-dir", stateDir, "--api", api, "--log-level", "debug", ...more],
    ];
    this.child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout?.pipe(log);
    this.child.stderr?.pipe(log);
    this.exited = once(this.child, "exit");
  }

  get url(): string {
    return `http://${this.options.api}`;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  status(): Promise<Overview> {
    return overviewOf(this.url);
  }

  /** Acts and is subscribed to Mesos, or stands by and sees who acts. */
  untilRole(role: "acting" | "standby"): Promise<Overview> {
    return untilRole(this.url, role);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when the process has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    this.child.kill(signal);
    if (signal !== "SIGKILL") this.child.kill("SIGCONT");
    await this.exited;
  }
}
