/**
 * Runs tasks as Docker containers: one run a task, from the launch to the removal of the ended
 * container. It knows nothing of offers, frameworks or streams.
 */
import { messageOf } from "../../model/errors.ts";
import type { Logger } from "../../model/ports.ts";
import { AddressBook } from "./address-book.ts";
import type { BuiltContainer, Instance } from "./container-config.ts";
import { buildContainer, fixedAddressOf } from "./container-config.ts";
import {
  type ContainerEnd,
  type DockerEngine,
  EngineError,
  type OwnContainer,
} from "./docker-engine.ts";
import { dockerName, executorPathOf, isTerminal, type TaskRecord } from "../master/model.ts";
import { dockerRunFailure, withRefusal } from "./run-failure.ts";
import { isLaunching, isUnwanted, newRun, type Run } from "./run.ts";
import type { Sandboxes } from "./sandboxes.ts";
import type { TaskReports } from "./task-reports.ts";

type Built = Extract<BuiltContainer, { ok: true }>;

export class DockerExecutor {
  /** By the name under which the container is made. */
  private readonly runs = new Map<string, Run>();
  private readonly addresses = new AddressBook();
  /** Everything under way in the background; `idle` waits for it. */
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly instance: Instance,
    private readonly engine: DockerEngine,
    private readonly sandboxes: Sandboxes,
    private readonly reports: TaskReports,
    /** Resolves when what was reported up to now is on disk. */
    private readonly saved: () => Promise<void>,
    private readonly log: Logger,
  ) {}

  /** @param durable the launch is on disk; the container is not created before */
  launch(task: TaskRecord, durable: Promise<void>): void {
    const run = this.track(task, "launching");
    run.launched = this.carryOut(run, durable);
    void this.background(run.launched);
  }

  /** Ends the container with SIGTERM, and SIGKILL after the grace. The task says it was killed. */
  kill(task: TaskRecord): void {
    const run = this.runs.get(dockerName(task.containerId));
    // A launch that is under way looks for the kill itself.
    if (run?.phase === "running") void this.background(this.stop(run));
  }

  /** Ends and removes the container of a task that is torn down; nothing is reported. */
  async discard(task: TaskRecord, graceSeconds: number): Promise<void> {
    const name = dockerName(task.containerId);
    const run = this.runs.get(name);
    if (run === undefined) return;
    run.isDiscarded = true;
    const done = (async () => {
      await run.launched;
      if (run.phase !== "running") return;
      await this.attempt("container not stopped", run, (id) => this.engine.stop(id, graceSeconds));
      // Its `die` event may have come first.
      if (run.removed === null) this.failed(run, () => undefined);
      await run.removed;
    })();
    await this.background(done);
  }

  /** A container of ours has ended. */
  ended({ madeAs, exitCode }: ContainerEnd): void {
    const run = this.runs.get(madeAs);
    if (run === undefined) return;
    if (run.phase === "launching") run.exitCode = exitCode;
    if (run.phase === "running") this.finish(run, exitCode);
  }

  /**
   * Compares with what is really there: after a start with the tasks of the checkpoint, and after
   * each reconnection to Docker. Containers of ours that belong to no live task are removed.
   */
  async synchronize(tasks: readonly TaskRecord[]): Promise<void> {
    // Launches that began before the list are not judged by it.
    const launching = new Set([...this.runs].filter(isLaunching).map(([name]) => name));
    const found = new Map((await this.engine.list()).map((c) => [c.madeAs, c]));
    const live = tasks.filter((task) => !isTerminal(task.state));
    const names = new Set(live.map((task) => dockerName(task.containerId)));
    for (const task of live) {
      const name = dockerName(task.containerId);
      if (!launching.has(name)) await this.compare(task, found.get(name));
    }
    for (const [name, { dockerId }] of found) {
      if (names.has(name) || this.runs.has(name)) continue;
      this.log.info({ container: name }, "orphaned container removed");
      void this.background(
        this.noted("orphan not removed", name, () => this.engine.remove(dockerId)),
      );
    }
    await this.collectSandboxes(names);
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  private async carryOut(run: Run, durable: Promise<void>): Promise<void> {
    const { task } = run;
    const sandbox = this.sandboxes.pathOf(task.containerId);
    this.sandboxes.publish(executorPathOf(task), task.containerId);
    const built = buildContainer(task, { ...this.instance, sandbox });
    try {
      await Promise.all([durable, this.sandboxes.create(task.containerId)]);
      if (!built.ok) {
        this.reports.starting(task);
        run.refusal = built.refusal ?? "";
        return this.failed(run, () => this.reports.runFailed(task, built.message));
      }
      if (task.info.container?.docker.force_pull_image === true) {
        await this.engine.pull(built.body.Image as string);
      }
    } catch (error) {
      return this.failed(run, () => this.reports.launchFailed(task, messageOf(error)));
    }
    await this.createAndStart(run, built);
  }

  private async createAndStart(run: Run, built: Built): Promise<void> {
    const { task } = run;
    try {
      if (isUnwanted(run)) return this.failed(run, () => this.reports.killedBeforeStart(task));
      const dockerId = await this.create(built);
      run.container = dockerId;
      // Not before: a missing image is an agent's failure, without STARTING.
      if (!isUnwanted(run)) this.reports.starting(task);
      await this.addresses.whenFree(fixedAddressOf(task.info));
      if (isUnwanted(run)) return this.failed(run, () => this.reports.killedBeforeStart(task));
      await this.engine.start(dockerId);
      const inspected = await this.engine.inspect(dockerId);
      if (inspected === null) throw new EngineError("refused", "the container was removed");
      run.phase = "running";
      if (!isUnwanted(run)) this.reports.running(task, inspected);
    } catch (error) {
      return this.failed(run, () => this.reportFailure(run, error));
    }
    if (run.exitCode !== null) this.finish(run, run.exitCode);
    else if (task.killGraceSeconds !== null) void this.background(this.stop(run));
  }

  /** An image that is not here is pulled, as the docker containerizer does before it starts. */
  private async create(built: Built): Promise<string> {
    try {
      return await this.engine.create(built.name, built.body);
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== "no-such-image") throw error;
    }
    const image = built.body.Image as string;
    try {
      await this.engine.pull(image);
    } catch (error) {
      const text = `Failed to pull image '${image}': ${messageOf(error)}`;
      throw new EngineError("no-such-image", text, { cause: error });
    }
    return this.engine.create(built.name, built.body);
  }

  private reportFailure(run: Run, error: unknown): void {
    const { task } = run;
    if (error instanceof EngineError && error.kind === "no-such-image") {
      return this.reports.launchFailed(task, error.message);
    }
    if (task.state === "TASK_STAGING") this.reports.starting(task);
    const message = messageOf(error);
    run.refusal = `docker: ${message}`;
    this.reports.runFailed(task, dockerRunFailure(message));
  }

  /** The launch came to nothing: says so, and leaves nothing behind. */
  private failed(run: Run, report: () => void): void {
    run.phase = "ended";
    if (!run.isDiscarded) report();
    this.removeContainer(run);
  }

  private finish(run: Run, exitCode: number): void {
    run.phase = "ended";
    if (!run.isDiscarded) this.reports.ended(run.task, exitCode);
    this.removeContainer(run);
  }

  private async compare(task: TaskRecord, found: OwnContainer | undefined): Promise<void> {
    const name = dockerName(task.containerId);
    const inspected = found === undefined ? null : await this.engine.inspect(found.dockerId);
    // It may have ended, and been reported, while Docker answered.
    if (isTerminal(task.state)) return;
    const run = this.runs.get(name) ?? this.track(task, "running");
    run.container = found?.dockerId ?? run.container;
    // A paused one is somebody's wish, and it can be woken: Mesos has a task that runs.
    if (inspected?.State.Status === "running" || inspected?.State.Status === "paused") {
      return this.adopt(run, inspected);
    }
    if (inspected?.State.Status === "exited") return this.finish(run, inspected.State.ExitCode);
    if (task.killGraceSeconds !== null) {
      return this.failed(run, () => this.reports.killedBeforeStart(task));
    }
    if (task.state === "TASK_STAGING" || task.state === "TASK_STARTING") {
      const text = "The embedded Mesos ended while it was launching this container";
      return this.failed(run, () => this.reports.launchFailed(task, text));
    }
    this.failed(run, () => this.reports.vanished(task));
  }

  /** It runs. What was about to be said or done about it when this process ended goes on. */
  private adopt(run: Run, inspected: Parameters<TaskReports["running"]>[1]): void {
    const { task } = run;
    if (task.state === "TASK_STAGING" || task.state === "TASK_STARTING") {
      this.reports.running(task, inspected);
    }
    if (task.killGraceSeconds !== null) void this.background(this.stop(run));
  }

  private async stop(run: Run): Promise<void> {
    const grace = run.task.killGraceSeconds ?? 0;
    await this.attempt("container not stopped", run, async (id) => {
      await this.engine.stop(id, grace);
      const left = await this.engine.inspect(id);
      // Its end was told, or is about to be; what is not there any more has no other end than this.
      if (run.phase === "running" && left === null) {
        this.failed(run, () => this.reports.vanished(run.task));
      }
    });
  }

  /** Keeps the output, then removes the container, so that its name and volumes are free. */
  private removeContainer(run: Run): void {
    const name = dockerName(run.task.containerId);
    // Docker tells of an end before it takes the network down. It holds a lock on the container
    // meanwhile, so that an inspection is answered only when the address is free.
    const released = this.attempt("address not awaited", run, async (id) => {
      await this.engine.inspect(id);
    });
    this.addresses.hold(fixedAddressOf(run.task.info), released);
    run.removed = (async () => {
      await released;
      await this.attempt("output not kept", run, async (id) => {
        const output = withRefusal(await this.engine.logs(id), run.refusal);
        await this.sandboxes.keepOutput(run.task.containerId, output);
      });
      // Until its end is on disk, the container is the only witness of how it ended.
      await this.saved();
      await this.attempt("container not removed", run, (id) => this.engine.remove(id));
      this.runs.delete(name);
    })();
    void this.background(run.removed);
  }

  private track(task: TaskRecord, phase: Run["phase"]): Run {
    const run = newRun(task, phase);
    this.runs.set(dockerName(task.containerId), run);
    return run;
  }

  private async collectSandboxes(liveNames: ReadonlySet<string>): Promise<void> {
    const names = [...liveNames, ...this.runs.keys()];
    const inUse = new Set(names.map((name) => name.replace(/^mesos-/, "")));
    await this.noted("sandboxes not collected", "", () => this.sandboxes.collect(inUse));
  }

  private async attempt(
    failure: string,
    { container, task }: Run,
    act: (container: string) => Promise<void>,
  ): Promise<void> {
    await this.noted(failure, dockerName(task.containerId), () => act(container));
  }

  /** For what is repeated later (at the next reconnection) or merely untidy when it fails. */
  private async noted(failure: string, name: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.log.warn({ container: name, error: messageOf(error) }, failure);
    }
  }

  /**
   * Operating errors are handled inside. Anything else is a mistake of ours, which a scheduler's
   * call may bring about: it costs that one task, never the process. Never rejects.
   */
  private background(work: Promise<void>): Promise<void> {
    const told = work.catch((error: unknown) => this.log.error({ err: error }, "bug in a task"));
    const settled = told.finally(() => this.pending.delete(settled));
    this.pending.add(settled);
    return settled;
  }
}
