/**
 * Namespaces as of a machine of its own: network, mounts, processes, name. They live as long as
 * their first process, which ends when we do: it waits for the end of its input. It is a shell, which reaps
 * what has lost its parent, as an init does: GlusterFS takes a zombie for a brick that runs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { until } from "../../support/poll.ts";
import { run } from "./command.ts";
import type { SiteRecord } from "./record.ts";

const KINDS = ["--net", "--mount", "--pid", "--uts"];
/** `/run` is each machine's own: sockets, pid files, locks. */
const FIRST = `mount -t tmpfs tmpfs /run && hostname "$1" && ip link set lo up && echo up && cat; exit $?`;
/** Debian's own path; root's may lack the last two where it was not a login. */
const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;

export class Namespaces {
  private constructor(
    private readonly outer: ChildProcess,
    /** Of the first process, as this machine counts. */
    readonly pid: number,
  ) {}

  static async start(name: string, record: SiteRecord): Promise<Namespaces> {
    const args = [
      ...KINDS,
      "--fork",
      "--kill-child",
      "--mount-proc",
      "--",
      "sh",
      "-c",
      FIRST,
      "sh",
    ];
    const outer = spawn("unshare", [...args, name], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PATH },
      // A Ctrl-C is for us, who take everything down in order.
      detached: true,
    });
    const pid = await childOf(outer);
    await record.add(pid);
    const lines = createInterface({ input: outer.stdout as NodeJS.ReadableStream });
    let complaint = "";
    outer.stderr?.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    const failed = once(outer, "exit").then(() => {
      throw new Error(`${name} did not come up: ${complaint}`);
    });
    await Promise.race([once(lines, "line"), failed]);
    // From now on its end is told by whoever ends it.
    failed.catch(() => undefined);
    return new Namespaces(outer, pid);
  }

  /** Runs a command inside, to its end. */
  run(file: string, ...args: readonly string[]): Promise<string> {
    return run("nsenter", ...this.target, file, ...args);
  }

  /** Starts a program inside. @param output file that gets what it prints, at its end */
  async spawn(
    command: readonly string[],
    { output, env = {} }: { readonly output: string; readonly env?: NodeJS.ProcessEnv },
  ): Promise<InnerProcess> {
    const log = openSync(output, "a");
    const args = [...this.target, "setpriv", "--pdeathsig", "KILL", "--", ...command];
    const child = spawn("nsenter", args, {
      stdio: ["ignore", log, log],
      env: { ...process.env, PATH, ...env },
      detached: true,
    });
    closeSync(log);
    return new InnerProcess(child, await childOf(child), command[0] ?? "");
  }

  /** Everything inside ends at once, and says goodbye to nobody. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.outer;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.outer, "exit");
    process.kill(this.pid, "SIGKILL");
    await gone;
  }

  private get target(): string[] {
    return ["--target", String(this.pid), ...KINDS, "--"];
  }
}

/** A program inside of namespaces; its pid is the one that this machine counts. */
export class InnerProcess {
  /** How it ended: its exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  private isOver = false;

  constructor(
    private readonly outer: ChildProcess,
    readonly pid: number,
    readonly name: string,
  ) {
    const { exitCode, signalCode } = outer;
    this.exited =
      exitCode === null && signalCode === null
        ? once(outer, "exit").then(([code, signal]) => (code ?? signal) as number | string)
        : Promise.resolve(exitCode ?? (signalCode as string));
    void this.exited.then(() => {
      this.isOver = true;
    });
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  /** Does nothing when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.isOver) return;
    process.kill(this.pid, signal);
    // It has been stopped with the one that it waits for.
    if (signal === "SIGCONT") this.outer.kill("SIGCONT");
  }

  /** @returns how it ended */
  async end(signal: NodeJS.Signals = "SIGKILL"): Promise<number | string> {
    this.signal(signal);
    return this.exited;
  }
}

/** The one process that this one has made and waits for. */
async function childOf(parent: ChildProcess): Promise<number> {
  const { pid } = parent;
  if (pid === undefined) throw new Error(`${parent.spawnfile} cannot be run`);
  const child = await until(`a child of ${parent.spawnargs.join(" ")}`, async () => {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    return /^\d+/.exec(text)?.[0];
  });
  return Number(child);
}
