/** Composes the parts of the agent, and starts and stops them in order. */
import type {
  StartCommand,
  EtcdHealth,
  NodeConfig,
  UnitName,
} from "../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../controller/model/agent-refusal.ts";
import { messageOf } from "../../controller/model/errors.ts";
import { TermGate } from "./api/term-gate.ts";
import { DataDir } from "./etcd/data-dir.ts";
import { EtcdUnit } from "./etcd/etcd-unit.ts";
import { readKeptTls } from "./etcd/kept-tls.ts";
import { standingCommand } from "./etcd/standing-command.ts";
import { Maintenance } from "./etcd/maintenance.ts";
import { JupyterUnit } from "./jupyter/jupyter-unit.ts";
import type { KernelApi } from "./kernels/kernel-api.ts";
import { Kernels, type KernelsServer } from "./kernels/kernels.ts";
import { ClusterStore } from "./naming/cluster-store.ts";
import { HostsApplier } from "./naming/hosts-applier.ts";
import { Registration } from "./naming/registration.ts";
import { TableWriter } from "./naming/table-writer.ts";
import {
  ETCD_DIR,
  IDENTITY_FILE,
  KERNELS_SOCKET,
  RESTORE_DIR,
  RUN_DIR,
  SNAPSHOT_SCRATCH_DIR,
} from "./paths.ts";
import type { DataDisk } from "./ports/data-disk.ts";
import type { KernelHost } from "./ports/kernel-host.ts";
import type { AgentPorts, LineLog } from "./ports/ports.ts";
import { SnapshotStage } from "./snapshot/snapshot-stage.ts";
import { SshAccess } from "./ssh/ssh-access.ts";
import { ensureSshKeys } from "./ssh/ssh-keys.ts";
import { SshdUnit } from "./ssh/sshd-unit.ts";
import { firstStatus } from "./status/first-status.ts";
import { StatusBoard } from "./status/status-board.ts";
import { DiskWatch } from "./system/disk-watch.ts";
import { MemoryWatch } from "./system/memory-watch.ts";
import { SharedStorage } from "./storage/shared-storage.ts";
import { installShellPrompt } from "./system/shell-prompt.ts";
import { ensureUser, lookUpUser } from "./system/user.ts";

const SETUP_RETRY_MS = 1_000;

/** What the controller may ask of the agent. */
export interface AgentApi {
  readonly board: StatusBoard;
  /** Asked before every order. */
  readonly terms: TermGate;
  /** Takes the command over, or says why not. */
  readonly command: (command: StartCommand) => AgentRefusal | null;
  readonly maintenance: Maintenance;
  /** Ends the node if it is this task, or says why not. */
  readonly stopTask: (taskId: string) => AgentRefusal | null;
}

export interface AgentServer {
  listen(addresses: readonly string[]): Promise<void>;
  /** Whoever listens to it is cut off. */
  close(): Promise<void>;
}

export interface AgentKernels {
  readonly host: KernelHost;
  /** What keepers and kernels write. */
  readonly output: LineLog;
  /** Makes the API known to JupyterLab. */
  readonly serve: (api: KernelApi) => KernelsServer;
}

export interface AgentOptions {
  readonly config: NodeConfig;
  /** Another for every process. */
  readonly instanceId: string;
  readonly ports: AgentPorts;
  /** What the units write. */
  readonly logs: Readonly<Record<UnitName, LineLog>>;
  /** Makes the API known to the controller. */
  readonly serve: (api: AgentApi) => AgentServer;
  /** For kernels that belong to the cluster; null: this image has no keeper for them. */
  readonly kernels: AgentKernels | null;
  /** Null: it is never full. */
  readonly disk: DataDisk | null;
  /** Loads what the first connection to etcd needs. */
  readonly preload: () => Promise<unknown>;
  /** Ends the whole process, and with it the container. */
  readonly onStop: () => void;
}

export class Agent {
  private readonly board: StatusBoard;
  private readonly server: AgentServer;
  private readonly store: ClusterStore;
  private readonly writer: TableWriter;
  private readonly registration: Registration;
  private readonly hosts: HostsApplier;
  private readonly access: SshAccess;
  private readonly sshd: SshdUnit;
  private readonly jupyter: JupyterUnit;
  private readonly storage: SharedStorage;
  private readonly memory: MemoryWatch;
  private readonly disk: DiskWatch | null;
  private readonly kernels: Kernels | null;
  readonly stage: SnapshotStage;
  private readonly maintenance: Maintenance;
  private etcd: EtcdUnit | null = null;
  private stopping: Promise<void> | null = null;
  private cancelSetup: () => void = () => undefined;

  constructor(private readonly options: AgentOptions) {
    const { config, ports, logs, instanceId, disk } = options;
    const { slot, taskId, storage } = config;
    const first = firstStatus({ slot, taskId, instanceId });
    this.board = new StatusBoard(first, ports.soon);
    const { board } = this;
    const common = { ...ports, config, board };
    this.store = new ClusterStore(common);
    const { store } = this;
    this.writer = new TableWriter({ ...common, store });
    const onFailure = () => this.etcd?.doubt();
    const onLease = (lease: string) => this.kernels?.setLease(lease);
    this.registration = new Registration({ ...common, store, onFailure, onLease });
    this.hosts = new HostsApplier({ ...common, store });
    this.access = new SshAccess({ ...common, store });
    this.sshd = new SshdUnit({ ...common, output: logs.sshd });
    this.kernels = newKernels(options, { store, board });
    const kernelsSocket = this.kernels === null ? null : KERNELS_SOCKET;
    this.jupyter = new JupyterUnit({ ...common, output: logs.jupyter, kernelsSocket });
    this.storage = new SharedStorage({ ...common, slot, storage });
    this.memory = new MemoryWatch(common);
    this.disk = disk && new DiskWatch({ ...common, disk });
    this.stage = new SnapshotStage(ports, RESTORE_DIR, (snapshot) => board.update({ snapshot }));
    this.maintenance = new Maintenance({
      ...common,
      scratch: SNAPSHOT_SCRATCH_DIR,
      stage: this.stage,
      onBusy: (busy) => this.etcd?.setBusy(busy),
    });
    this.server = options.serve({
      board,
      terms: new TermGate(),
      command: (command) => this.command(command),
      maintenance: this.maintenance,
      stopTask: (taskId) => this.stopTask(taskId),
    });
  }

  /**
   * Resolves when commands are taken. What does not stand in a command's way is set up behind it.
   *
   * @throws Error when the data volume cannot be read or the address cannot be listened on
   */
  async start(): Promise<void> {
    const { config, ports, logs } = this.options;
    const { files, log } = ports;
    await files.makeDirectory(RUN_DIR, 0o755);
    const user = await lookUpUser(files, "etcd");
    const data = new DataDir(files, ETCD_DIR, IDENTITY_FILE, user);
    const { stage, maintenance } = this;
    await Promise.all([data.prepare(), stage.load(user), maintenance.prepare()]);
    this.board.update({ data: await data.inspect() });
    this.etcd = new EtcdUnit({
      ...ports,
      config,
      user,
      data,
      stage,
      board: this.board,
      output: logs.etcd,
      identity: await data.readIdentity(),
      onHealth: (health) => this.onHealth(health),
    });
    await this.resume(this.etcd);
    await this.server.listen([config.ip, "127.0.0.1"]);
    log.info({ data: this.board.now.data }, "awaiting a command");
    await this.setUp();
  }

  /** What the launch has ordered already need not wait for the controller to find this node. */
  private async resume(etcd: EtcdUnit): Promise<void> {
    const { config, ports } = this.options;
    const { files, clock, log } = ports;
    if (config.resume === undefined) return;
    const tls = config.etcd.tls ? await readKeptTls(files, config.tokenSha256) : null;
    const facts = { data: this.board.now.data, tls, now: clock.now() };
    const command = standingCommand(config, facts);
    const obstacle = typeof command === "string" ? command : etcd.accept(command)?.message;
    if (obstacle === undefined) log.info({}, "resuming as the launch has ordered");
    else log.info({ obstacle }, "not resuming as the launch has ordered");
    // Whatever else the agent has to load and to set up, it does beside etcd's own start.
    await etcd.tried;
  }

  /** Ends every process and connection; the second call waits for the first. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  private command(command: StartCommand): AgentRefusal | null {
    const { board, etcd, jupyter } = this;
    if (etcd === null || board.now.phase === "stopping") {
      return { code: "EtcdRunning", message: "the node is being stopped" };
    }
    const refusal = etcd.accept(command);
    if (refusal !== null) return refusal;
    board.update({ phase: "running", commandId: command.commandId });
    jupyter.setSecrets(command.jupyter);
    return null;
  }

  /** Nobody but its own agent can end a container that Mesos has lost. */
  private stopTask(taskId: string): AgentRefusal | null {
    const { config, onStop, ports } = this.options;
    if (taskId !== config.taskId) {
      return { code: "OtherTask", message: `this is task ${config.taskId}` };
    }
    ports.log.info({ taskId }, "told to stop");
    onStop();
    return null;
  }

  private onHealth(health: EtcdHealth | null): void {
    this.store.setHealth(health);
    this.writer.setHealth(health);
    this.registration.setHealth(health);
    this.kernels?.setHealth(health);
    this.jupyter.setHealth(health);
  }

  /** Idempotent; what fails is told and tried again. */
  private async setUp(): Promise<void> {
    const { config, ports, preload } = this.options;
    const { files, log, clock } = ports;
    try {
      const user = await ensureUser(ports, config.ssh.user);
      // Jupyter opens its files on the shared storage: what is written before it is mounted is lost.
      const kernels = this.kernels?.start(user);
      void this.storage.start(user).then(async () => {
        await kernels;
        this.jupyter.setUser(user);
      });
      const keys = await ensureSshKeys(ports, user);
      this.access.start();
      await this.sshd.start();
      if (this.kernels !== null) this.registration.setKernels(this.kernels.member);
      this.registration.setKeys(keys);
      await installShellPrompt(files);
      this.memory.start();
      this.disk?.start();
      this.board.setProblem("setup", null);
      // Loading it stops everything else for 0.1 s. A new node waits for the others to come up and
      // has the time; one that brings data is told at once to go on, and loads it beside etcd.
      if (this.board.now.data.state === "empty") await preload();
    } catch (error) {
      const message = messageOf(error);
      log.error({ error: message }, "set-up failed");
      this.board.setProblem("setup", `the node cannot be set up: ${message}`);
      if (this.stopping !== null) return;
      this.cancelSetup = clock.after(SETUP_RETRY_MS, () => void this.setUp());
    }
  }

  /**
   * The record goes first, while there is an etcd to take it from. etcd and Jupyter end together:
   * a leader hands over at once, and nobody is sent to a Jupyter that is going. sshd is last, so
   * that whoever is logged in sees the node go.
   */
  private async stopAll(): Promise<void> {
    this.cancelSetup();
    this.board.update({ phase: "stopping" });
    await this.registration.stop();
    await Promise.all([this.writer.stop(), this.hosts.stop(), this.access.stop()]);
    await Promise.all([this.etcd?.stop(), this.jupyter.stop(), this.store.stop()]);
    await this.kernels?.stop();
    await Promise.all([
      this.sshd.stop(),
      this.storage.stop(),
      this.memory.stop(),
      this.disk?.stop(),
    ]);
    await this.server.close();
  }
}

/** Null: kernels are JupyterLab's own. */
function newKernels(
  { config, ports, kernels: parts }: AgentOptions,
  shared: { readonly store: ClusterStore; readonly board: StatusBoard },
): Kernels | null {
  const { kernels } = config;
  if (kernels === undefined || parts === null) return null;
  return new Kernels({ ...ports, config, kernels, ...parts, ...shared });
}
