/** Runs etcd as ordered, and tells what it says: health, elections, whose data it holds. */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../../controller/model/agent-refusal.ts";
import { followsLeader } from "../../../controller/model/leader.ts";
import type { AgentPorts, LineLog } from "../ports/ports.ts";
import type { Command } from "../ports/processes.ts";
import type { SnapshotStage } from "../snapshot/snapshot-stage.ts";
import type { StatusBoard } from "../status/status-board.ts";
import type { User } from "../system/user.ts";
import { PATIENCE } from "../unit/patience.ts";
import { Unit } from "../unit/unit.ts";
import { isCorruption } from "./corruption.ts";
import { changeData } from "./data-changes.ts";
import type { DataDir } from "./data-dir.ts";
import { DataKeeper } from "./data-keeper.ts";
import { electionRecords, foldElections, NO_ELECTIONS } from "./election-log.ts";
import { etcdFlags } from "./etcd-flags.ts";
import { etcdProblem } from "./etcd-problem.ts";
import { HealthMonitor } from "./health-monitor.ts";
import type { Identity } from "./identity.ts";
import { IdentityKeeper } from "./identity-keeper.ts";
import { type EtcdLogEvent, parseLogLine } from "./log-line.ts";
import { refusalText } from "./peer-refusal.ts";
import { type EtcdCommand, planStart, refuse } from "./start-rules.ts";
import { StartCommandWorker } from "./start-worker.ts";
import { TlsKeeper } from "./tls-keeper.ts";

const STOP_MS_MAX = 2_000;
/** An election that takes longer is one that has no quorum (milliseconds). */
const UNREST_MS_MAX = 3_000;

export interface EtcdUnitOptions extends Omit<AgentPorts, "soon"> {
  readonly config: NodeConfig;
  readonly user: User;
  readonly data: DataDir;
  readonly stage: SnapshotStage;
  /** What an earlier container left beside the data. */
  readonly identity: Identity | null;
  readonly board: StatusBoard;
  readonly output: LineLog;
  readonly onHealth: (health: EtcdHealth | null) => void;
}

export class EtcdUnit {
  private readonly unit: Unit;
  private readonly monitor: HealthMonitor;
  private readonly identity: IdentityKeeper;
  private readonly keeper: DataKeeper;
  private readonly tls: TlsKeeper;
  private readonly commands: StartCommandWorker;
  private elections = NO_ELECTIONS;
  /** What etcd is run under. */
  private inForce: EtcdCommand | null = null;
  /** The command that makes this member the only one, until that is done. */
  private forcing: EtcdCommand | null = null;
  private fatal: string | null = null;
  /** Why this process lets its peers' connections go, since it has no leader. */
  private refusal: string | null = null;
  private busy = false;

  constructor(private readonly options: EtcdUnitOptions) {
    const { clock, log, board, data, processes, connectEtcd } = options;
    this.identity = new IdentityKeeper({ data, clock, log }, options.identity);
    this.tls = new TlsKeeper(options);
    this.keeper = new DataKeeper({ data, board, clock, log });
    this.monitor = new HealthMonitor({
      ...{ clock, log, connectEtcd },
      ask: (question) => this.unit.ask(question),
      onHealth: (health) => this.onHealth(health),
    });
    this.unit = new Unit({
      name: "etcd",
      clock,
      log,
      ...{ processes, files: options.files },
      patience: PATIENCE.etcd,
      // One that has joined nobody yet cannot serve: it takes part in elections, and waits.
      mayBeSilent: (answered) => this.busy || (!answered && this.isWithoutQuorum()),
      output: options.output,
      command: () => this.command(),
      stopTimeoutMs: STOP_MS_MAX,
      onChange: () => this.onUnitChange(),
      onLine: (line) => this.onLine(line),
      // etcd ends with 0 only when its member was removed.
      isFinalExit: (code) => code === 0,
    });
    const carryOut = (command: EtcdCommand, again: boolean) => this.carryOut(command, again);
    this.commands = new StartCommandWorker({ board, clock, log, carryOut });
    board.update({ units: { ...board.now.units, etcd: this.unit.status() } });
  }

  /** Takes the command over and carries it out in the background, or says why not. */
  accept(command: EtcdCommand): AgentRefusal | null {
    if (command.commandId === this.commands.command?.commandId) {
      this.renew(command);
      return null;
    }
    const { data, snapshot, etcd } = this.options.board.now;
    const hasLeader = followsLeader(etcd);
    const facts = { data, snapshot, etcd: this.unit.status().state, hasLeader };
    const refusal = refuse(command.etcd, facts);
    if (refusal === null) this.commands.take(command);
    return refusal;
  }

  /** Resolves when the command that was accepted last was tried once, whatever came of it. */
  get tried(): Promise<void> {
    return this.commands.tried;
  }

  /** Somebody got no answer from etcd. */
  doubt(): void {
    this.monitor.doubt();
  }

  /** While etcd is busy with work that was asked for, its silence means nothing. */
  setBusy(busy: boolean): void {
    this.busy = busy;
    this.monitor.setBusy(busy);
  }

  async stop(): Promise<void> {
    await this.commands.stop();
    await this.unit.stop();
    await Promise.all([this.monitor.stop(), this.keeper.stop(), this.identity.stop()]);
  }

  /** The command that is in force has come again. */
  private renew({ commandId, tls }: EtcdCommand): void {
    const { inForce } = this;
    if (tls === null || inForce?.commandId !== commandId) return;
    if (tls.certificate === inForce.tls?.certificate) return;
    this.inForce = { ...inForce, tls };
    this.tls.renew(tls);
  }

  private async carryOut(command: EtcdCommand, again: boolean): Promise<void> {
    const { board, log } = this.options;
    const ranBefore = this.unit.status().state !== "stopped";
    await this.unit.stop();
    // What etcd has found to be broken shows to nobody else.
    const broken = board.now.data.state === "corrupt";
    if ((again || ranBefore) && !broken) await this.keeper.look();
    const plan = planStart(command, board.now.data, this.identity.known);
    log.info(
      { commandId: command.commandId, mode: command.etcd.mode, ...plan },
      "command is carried out",
    );
    if (command.tls !== null) await this.tls.put(command.tls);
    const isEmpty = board.now.data.state === "empty";
    const { identity, keeper } = this;
    await changeData(command, plan, isEmpty, { ...this.options, identity, keeper });
    this.inForce = command;
    this.forcing = plan.force ? command : null;
    this.elections = NO_ELECTIONS;
    this.unit.start();
  }

  private command(): Command | null {
    const { board, config, data, user } = this.options;
    const { inForce } = this;
    if (inForce === null) throw new Error("etcd is started without a command");
    if (board.now.data.state !== "empty" && !data.hasLog()) {
      // On an empty directory etcd would begin anew: a member without memory, or a second cluster.
      this.keeper.giveUp("the data has vanished");
      return null;
    }
    this.monitor.restarted();
    this.fatal = null;
    this.refusal = null;
    return {
      file: "/usr/bin/etcd",
      args: etcdFlags(config, data.path, inForce.etcd, this.forcing !== null),
      env: { PATH: "/usr/bin:/bin", HOME: user.home },
      cwd: "/",
      owner: { uid: user.uid, gid: user.gid },
    };
  }

  private onUnitChange(): void {
    const { board } = this.options;
    const status = this.unit.status();
    if (status.pid === null) {
      this.monitor.ended();
      this.keeper.ended();
    }
    board.update({ units: { ...board.now.units, etcd: status } });
    this.tellProblem();
  }

  private onLine(line: string): void {
    const parsed = parseLogLine(line, this.options.clock.now());
    if (parsed === null) return;
    const elections = foldElections(this.elections, parsed.event, parsed.at);
    if (elections !== this.elections) {
      this.elections = elections;
      this.options.board.update({ elections: electionRecords(elections) });
    }
    this.onEvent(parsed.event);
    this.monitor.onLog(parsed.event);
  }

  private onEvent(event: EtcdLogEvent): void {
    if (event.type === "identity") {
      this.keeper.learn(event.memberId, event.clusterId, event.raftIndex);
    } else if (event.type === "leader-elected") {
      this.keeper.followed();
    } else if (event.type === "peer-refused") {
      this.refusal = refusalText(event) ?? this.refusal;
      this.tellProblem();
    } else if (event.type === "leader-lost" || event.type === "quorum-lost") {
      this.refusal = null;
      this.keeper.lostLeader();
    } else if (event.type === "campaign") {
      this.tellProblem();
    } else if (event.type === "serving") {
      this.onServing();
    } else if (event.type === "fatal") {
      // The first says most; Go repeats it in fewer words.
      this.fatal ??= event.message;
      if (isCorruption(event.message)) this.keeper.giveUp(event.message);
      this.tellProblem();
    }
  }

  /** Only now the others are out of the membership: an earlier crash leaves it to be done again. */
  private onServing(): void {
    const { data } = this.options.board.now;
    if (this.forcing === null || data.state !== "present") return;
    const { memberId, clusterId } = data;
    if (memberId === null || clusterId === null) return;
    this.identity.remember({ memberId, clusterId, forcedBy: this.forcing.commandId });
    this.forcing = null;
  }

  private onHealth(health: EtcdHealth | null): void {
    const { board, onHealth } = this.options;
    if (health !== null) this.fatal = null;
    this.keeper.setHealth(health);
    board.update({ etcd: health });
    this.unit.setReady(health !== null);
    this.tellProblem();
    onHealth(health);
  }

  private tellProblem(): void {
    const { board } = this.options;
    board.setProblem("etcd", this.problem());
  }

  private problem(): string | null {
    const { etcd, data } = this.options.board.now;
    return etcdProblem({
      unit: this.unit.status(),
      ordered: this.inForce !== null,
      withoutQuorum: this.isWithoutQuorum(),
      lastWords: this.fatal,
      refusal: this.refusal,
      etcd,
      data,
    });
  }

  private isWithoutQuorum(): boolean {
    const since = this.elections.unrest?.startedAt ?? null;
    return since !== null && this.options.clock.now() - since > UNREST_MS_MAX;
  }
}
