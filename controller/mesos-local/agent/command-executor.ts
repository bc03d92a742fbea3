/**
 * Runs tasks that are no more than a shell command, on this host and as this user: what Mesos's own
 * command executor does. Their output is in the sandbox; what they do outlives no stop of this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../model/errors.ts";
import type { Clock, Logger } from "../../model/ports.ts";
import { executorPathOf, isTerminal, taskIdOf, taskKey, type TaskRecord } from "../master/model.ts";
import type { Sandboxes } from "./sandboxes.ts";
import type { TaskReports } from "./task-reports.ts";

interface Run {
  readonly task: TaskRecord;
  child: ChildProcess | null;
  /** Torn down: ends without any report. */
  isDiscarded: boolean;
  readonly over: Promise<void>;
}

export interface CommandExecutorDeps {
  readonly sandboxes: Sandboxes;
  readonly reports: TaskReports;
  readonly clock: Clock;
  readonly log: Logger;
  /** The agent's Docker engine, for commands; undefined: where its client looks by itself. */
  readonly engine: string | undefined;
}

export class CommandExecutor {
  private readonly runs = new Map<string, Run>();

  constructor(private readonly deps: CommandExecutorDeps) {}

  /** @param durable the launch is on disk; nothing is run before */
  launch(task: TaskRecord, durable: Promise<void>): void {
    const key = keyOf(task);
    const over = Promise.resolve()
      .then(() => this.carryOut(task, durable))
      .catch((error: unknown) => this.failed(task, error))
      .finally(() => this.runs.delete(key));
    this.runs.set(key, { task, child: null, isDiscarded: false, over });
  }

  /** SIGTERM, and SIGKILL after the grace, to all that it has begun. */
  kill(task: TaskRecord): void {
    const run = this.runs.get(keyOf(task));
    if (run !== undefined) this.end(run, task.killGraceSeconds ?? 0);
  }

  async discard(task: TaskRecord, graceSeconds: number): Promise<void> {
    const run = this.runs.get(keyOf(task));
    if (run === undefined) return;
    run.isDiscarded = true;
    this.end(run, graceSeconds);
    await run.over;
  }

  /** After a start: nobody knows what became of commands that ran before. */
  synchronize(tasks: readonly TaskRecord[]): void {
    for (const task of tasks) {
      if (isTerminal(task.state) || this.runs.has(keyOf(task))) continue;
      this.deps.reports.launchFailed(task, "the embedded Mesos ended while it ran this command");
    }
  }

  async idle(): Promise<void> {
    await Promise.all([...this.runs.values()].map(({ over }) => over));
  }

  private async carryOut(task: TaskRecord, durable: Promise<void>): Promise<void> {
    const { sandboxes, reports } = this.deps;
    const sandbox = sandboxes.pathOf(task.containerId);
    sandboxes.publish(executorPathOf(task), task.containerId);
    await Promise.all([durable, sandboxes.create(task.containerId)]);
    const run = this.runs.get(keyOf(task));
    if (run === undefined) throw new Error(`no run of task ${taskIdOf(task)}`);
    reports.starting(task);
    const [stdout, stderr] = await Promise.all(
      ["stdout", "stderr"].map((name) => open(join(sandbox, name), "w")),
    );
    try {
      if (task.killGraceSeconds !== null || run.isDiscarded) return this.tell(run, null, "SIGTERM");
      const child = spawn("/bin/sh", ["-c", task.info.command.value ?? ""], {
        cwd: sandbox,
        env: this.environment(task, sandbox),
        // A group of its own, so that all that it begins can be ended.
        detached: true,
        stdio: ["ignore", stdout?.fd ?? "ignore", stderr?.fd ?? "ignore"],
      });
      run.child = child;
      const ended = endOf(child);
      reports.commandRunning(task);
      const { code, signal } = await ended;
      this.tell(run, code, signal);
    } finally {
      await Promise.all([stdout?.close(), stderr?.close()]);
    }
  }

  private environment(task: TaskRecord, sandbox: string): NodeJS.ProcessEnv {
    const { engine } = this.deps;
    const variables = task.info.command.environment?.variables ?? [];
    return {
      ...process.env,
      ...(engine === undefined ? {} : { DOCKER_HOST: dockerHost(engine) }),
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      MESOS_SANDBOX: sandbox,
    };
  }

  private tell(run: Run, code: number | null, signal: NodeJS.Signals | null): void {
    if (!run.isDiscarded) this.deps.reports.commandEnded(run.task, code, signal);
  }

  private failed(task: TaskRecord, error: unknown): void {
    this.deps.log.warn({ task: taskIdOf(task), error: messageOf(error) }, "command not run");
    this.deps.reports.launchFailed(task, messageOf(error));
  }

  private end(run: Run, graceSeconds: number): void {
    signalGroup(run.child, "SIGTERM");
    const cancel = this.deps.clock.after(graceSeconds * 1000, () =>
      signalGroup(run.child, "SIGKILL"),
    );
    void run.over.finally(cancel);
  }
}

function dockerHost(engine: string): string {
  return engine.startsWith("/") ? `unix://${engine}` : engine;
}

function keyOf(task: TaskRecord): string {
  return taskKey(task.frameworkId, taskIdOf(task));
}

function endOf(
  child: ChildProcess,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
}

function signalGroup(child: ChildProcess | null, signal: NodeJS.Signals): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
