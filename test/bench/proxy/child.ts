/** A process that ends with the bench, however that ends, and what it has cost so far. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { until } from "../../support/poll.ts";

/** Of /proc: Linux tells everybody 100 ticks a second, whatever it counts by itself. Microseconds. */
const TICK_US = 10_000;
const START_MS_MAX = 10_000;
const END_MS_MAX = 2_000;
const TAIL_LENGTH = 2_000;

export class Child {
  private tail = "";

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    const keep = (chunk: Buffer) => {
      this.tail = (this.tail + chunk.toString()).slice(-TAIL_LENGTH);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    // What could not be started does not listen, which is told with its name.
    child.on("error", (error) => keep(Buffer.from(error.message)));
  }

  /** Resolves when it takes connections at that port of loopback. */
  static async start(name: string, command: readonly string[], port: number): Promise<Child> {
    // The kernel ends it when this process is gone, killed or not (prctl(2), PR_SET_PDEATHSIG).
    const ends = ["--pdeathsig", "KILL", "--", ...command];
    const started = new Child(name, spawn("setpriv", ends, { stdio: ["ignore", "pipe", "pipe"] }));
    try {
      const listens = async () => ((await takesConnections(port)) ? true : undefined);
      await until(`${name} listens`, listens, START_MS_MAX);
    } catch (error) {
      await started.end();
      throw new Error(`${name} does not start: ${started.tail}`, { cause: error });
    }
    return started;
  }

  /** Of all its threads, in user and kernel mode, since its start. Microseconds. */
  async cpuUs(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, "utf8");
    // Its name, in brackets, may hold anything; utime and stime are fields 14 and 15 (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  }

  /** Resident now. */
  async memoryBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, "utf8");
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kib === undefined) throw new Error(`${this.name} has no memory: it has ended`);
    return Number(kib) * 1024;
  }

  async end(): Promise<void> {
    const { child } = this;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
    await ended;
    clearTimeout(timer);
  }

  private get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.child.pid;
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
