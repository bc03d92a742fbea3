/** Runs etcd as ordered, and tells what it says: health, elections, whose data it holds. */
import type {
  AgentOrder,
  AgentRefusal,
  EtcdHealth,
  NodeConfig,
} from "../../../controller/model/agent-api.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import type { User } from "../system/user.ts";
import { Unit } from "../unit/unit.ts";
import type { UnitLog } from "../unit/unit-log.ts";
import { isCorruption } from "./corruption.ts";
import type { DataDir } from "./data-dir.ts";
import { electionRecords, foldElections, NO_ELECTIONS } from "./election-log.ts";
import { etcdFlags } from "./etcd-flags.ts";
import { HealthMonitor } from "./health-monitor.ts";
import type { Identity } from "./identity.ts";
import { IdentityKeeper } from "./identity-keeper.ts";
import { type EtcdLogEvent, parseLogLine } from "./log-line.ts";
import { planStart, refuse } from "./order-rules.ts";

const STOP_MS_MAX = 2_000;
/** An election that takes longer is one that has no quorum (milliseconds). */
const UNREST_MS_MAX = 3_000;

export interface EtcdUnitOptions {
  readonly config: NodeConfig;
  readonly user: User;
  readonly data: DataDir;
  /** What an earlier container left beside the data. */
  readonly identity: Identity | null;
  readonly board: StatusBoard;
  readonly clock: Clock;
  readonly log: Logger;
  readonly output: UnitLog;
  readonly onHealth: (health: EtcdHealth | null) => void;
}

export class EtcdUnit {
  private readonly unit: Unit;
  private readonly monitor: HealthMonitor;
  private readonly identity: IdentityKeeper;
  private elections = NO_ELECTIONS;
  private force = false;
  private fatal: string | null = null;
  /** Orders are carried out one after the other. */
  private work: Promise<void> = Promise.resolve();
  private order: AgentOrder | null = null;
  private stopping = false;

  constructor(private readonly options: EtcdUnitOptions) {
    const { clock, log, board } = options;
    this.identity = new IdentityKeeper({ data: options.data, clock, log }, options.identity);
    this.monitor = new HealthMonitor({ clock, log, onHealth: (h) => this.onHealth(h) });
    this.unit = new Unit({
      name: "etcd",
      clock,
      log,
      output: options.output,
      command: () => this.command(),
      stopTimeoutMs: STOP_MS_MAX,
      onChange: () => this.onUnitChange(),
      onLine: (line) => this.onLine(line),
      // etcd ends with 0 only when its member was removed (FLOORS.md).
      isFinalExit: (code) => code === 0,
    });
    board.update({ units: { ...board.now.units, etcd: this.unit.status() } });
  }

  /** Takes the order over and carries it out in the background, or says why not. */
  accept(order: AgentOrder): AgentRefusal | null {
    if (order.orderId === this.order?.orderId) return null;
    const { data, etcd } = this.options.board.now;
    const facts = { data, etcd: this.unit.status().state, hasLeader: etcd?.leaderId != null };
    const refusal = refuse(order.etcd, facts);
    if (refusal !== null) return refusal;
    this.order = order;
    this.work = this.work
      .then(() => this.carryOut(order))
      .catch((error: unknown) => this.onOrderFailed(order, messageOf(error)));
    return null;
  }

  /** Somebody got no answer from etcd. */
  doubt(): void {
    this.monitor.doubt();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.work;
    await this.unit.stop();
    await this.monitor.stop();
    await this.identity.stop();
  }

  private async carryOut(order: AgentOrder): Promise<void> {
    if (this.stopping) return;
    const { board, data, log } = this.options;
    await this.unit.stop();
    const plan = planStart(order, board.now.data, this.identity.known);
    log.info({ orderId: order.orderId, mode: order.etcd.mode, ...plan }, "order is carried out");
    if (plan.wipe) {
      await this.identity.forget();
      await data.wipe();
      board.update({ data: { state: "empty" } });
    }
    this.force = plan.force;
    this.fatal = null;
    this.elections = NO_ELECTIONS;
    this.unit.start();
  }

  /** The controller may give the same order again: it is no longer the one in force. */
  private onOrderFailed(order: AgentOrder, message: string): void {
    const { log, board } = this.options;
    log.error({ orderId: order.orderId, error: message }, "order failed");
    if (this.order === order) this.order = null;
    board.setProblem("etcd", `the order cannot be carried out: ${message}`);
  }

  private command() {
    const { config, data, user } = this.options;
    if (this.order === null) throw new Error("etcd is started without an order");
    this.monitor.restarted();
    return {
      file: "/usr/bin/etcd",
      args: etcdFlags(config, data.path, this.order.etcd, this.force),
      env: { PATH: "/usr/bin:/bin", HOME: user.home },
      cwd: "/",
      owner: { uid: user.uid, gid: user.gid },
    };
  }

  private onUnitChange(): void {
    const { board } = this.options;
    const status = this.unit.status();
    if (status.pid === null) this.monitor.ended();
    board.update({ units: { ...board.now.units, etcd: status } });
    this.tellProblem();
  }

  private onLine(line: string): void {
    const parsed = parseLogLine(line);
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
    const { board } = this.options;
    if (event.type === "identity") {
      const forcedBy = this.force ? this.order?.orderId : undefined;
      this.force = false;
      this.identity.learn({ ...event, ...(forcedBy === undefined ? {} : { forcedBy }) });
      this.tellData();
    } else if (event.type === "campaign") {
      this.tellProblem();
    } else if (event.type === "fatal") {
      this.fatal = event.message;
      if (isCorruption(event.message)) {
        board.update({ data: { state: "corrupt", reason: event.message } });
      }
      this.tellProblem();
    }
  }

  private onHealth(health: EtcdHealth | null): void {
    const { board, onHealth } = this.options;
    if (health !== null) {
      this.fatal = null;
      this.identity.refresh(health);
      this.tellData();
    }
    board.update({ etcd: health });
    this.unit.setReady(health !== null);
    this.tellProblem();
    onHealth(health);
  }

  private tellData(): void {
    const { known } = this.identity;
    if (known === null) return;
    const { memberId, clusterId, raftIndex } = known;
    this.options.board.update({ data: { state: "present", memberId, clusterId, raftIndex } });
  }

  private tellProblem(): void {
    const { board } = this.options;
    board.setProblem("etcd", this.problem());
  }

  private problem(): string | null {
    const { state, lastExit } = this.unit.status();
    const { etcd } = this.options.board.now;
    if (state === "stopped") return null;
    if (state === "starting") return this.isWithoutQuorum() ? "etcd waits for a quorum" : null;
    if (state === "exited") return "etcd ended: its member was removed from the cluster";
    if (state === "backoff") {
      const how = lastExit?.signal ?? `code ${lastExit?.code ?? "unknown"}`;
      return `etcd ended with ${how}${this.fatal === null ? "" : `: ${this.fatal}`}`;
    }
    if (etcd === null) return "etcd does not answer";
    if (etcd.alarms.length > 0) return `etcd has raised ${etcd.alarms.join(", ")}`;
    return etcd.leaderId === null ? "etcd has no leader" : null;
  }

  private isWithoutQuorum(): boolean {
    const since = this.elections.unrest?.startedAt ?? null;
    return since !== null && this.options.clock.now() - since > UNREST_MS_MAX;
  }
}
