/** What runs in one container: the agent with its HTTP API, etcd, sshd and Jupyter. */
import type {
  AgentOrder,
  AgentStatus,
  EtcdHealth,
  NodeConfig,
  UnitStatus,
} from "../../../controller/model/agent-api.ts";
import { AGENT_BEAT_MS } from "../../../controller/model/agent-api.ts";
import { firstStatus, STOPPED } from "../../../agent-image/agent/status/first-status.ts";
import { electionRecords } from "../../../agent-image/agent/etcd/election-log.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { Rng } from "../engine/rng.ts";
import type { Trace } from "../engine/trace.ts";
import type { EtcdServerOptions } from "../etcd/server-options.ts";
import type { EtcdRequest, EtcdSnapshot } from "../etcd/types.ts";
import type { Inmate } from "../mesos/docker-host.ts";
import { Station } from "../wire/station.ts";
import type { Wires } from "../wire/wires.ts";
import { EtcdUnit } from "./etcd-unit.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { Naming } from "./naming.ts";
import type { SlotVolume } from "./slot-volume.ts";
import { settledOn, StatusBoard } from "./status-board.ts";

export interface NodeOptions {
  /** On the wires. */
  readonly name: string;
  readonly config: NodeConfig;
  readonly volume: SlotVolume;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly trace: Trace;
  readonly wires: Wires;
  readonly sendPeer: EtcdServerOptions["send"];
  readonly observeRaft: NonNullable<EtcdServerOptions["observe"]>;
  /** Names of histories that begin when a survivor is forced to go on alone. */
  readonly lineages: { next(): string };
  /** A new history begins by this order, on what the volume now holds. */
  readonly onNewBeginning: (order: AgentOrder) => void;
}

/** What `GET /v1/snapshot` gives. */
export interface SnapshotAnswer {
  readonly content: EtcdSnapshot;
  readonly clusterId: string;
}

const BOOT_MS = { min: 150, max: 600 };
const SSHD_MS = 300;
const JUPYTER_MS = { min: 700, max: 2_500 };
const REQUEST_MS_MAX = 5_000;
const RUNNING: UnitStatus = { ...STOPPED, state: "running", ready: true, pid: 1 };

export class Node implements Inmate {
  readonly etcd: EtcdUnit;
  readonly board: StatusBoard;
  private readonly clock: ProcessClock;
  private readonly monitor: HealthMonitor;
  private readonly naming: Naming;
  private station: Station | null = null;
  private readonly detachPeer: () => void;
  private readonly watchers = new Map<string, string>();
  private jupyterStarts = false;
  private stopping = false;
  private hanging = false;

  constructor(readonly options: NodeOptions) {
    const { config, wires, name, rng } = options;
    this.clock = new ProcessClock(options.clock);
    const { clock } = this;
    this.etcd = new EtcdUnit(
      { ...options, clock },
      {
        onUnit: () => this.onUnit(),
        onEtcd: () => this.onEtcd(),
        onData: () => this.lookAtData(),
      },
    );
    const server = () => this.etcd.server;
    const { slot, taskId } = options.config;
    const first = firstStatus({ slot, taskId, instanceId: options.name });
    this.board = new StatusBoard({ ...first, problems: [] }, clock, (status) => this.tell(status));
    this.monitor = new HealthMonitor(clock, server, (health) => this.onHealth(health));
    this.naming = new Naming({
      config,
      clock,
      server,
      onHosts: (hosts) => this.board.update({ hosts: settledOn(this.board.now.hosts, hosts) }),
      onKnownSlots: (slots) => {
        this.board.update({ sshKnownSlots: settledOn(this.board.now.sshKnownSlots, slots) });
      },
    });
    this.detachPeer = wires.attachPeer(name, (message) => this.etcd.server?.receive(message));
    clock.after(rng.integer(BOOT_MS.min, BOOT_MS.max), () => this.boot());
  }

  /** SIGTERM: etcd hands over, then everything ends. */
  stop(done: () => void): void {
    if (this.stopping) return;
    this.stopping = true;
    this.board.update({ phase: "stopping" });
    this.etcd.stopThen(done);
  }

  kill(): void {
    this.etcd.kill();
    this.clock.end();
    this.station?.shut();
    this.detachPeer();
  }

  get hangs(): boolean {
    return this.hanging;
  }

  /** The agent hangs, or goes on; etcd is another process, and unaffected by it. */
  hang(hanging: boolean): void {
    this.hanging = hanging;
    if (!hanging) this.tell(this.board.status());
  }

  private boot(): void {
    const { name, wires } = this.options;
    this.lookAtData();
    const station = new Station(name, wires, this.clock);
    this.station = station;
    const unlessHanging =
      (serve: (from: string, body: never, answer: (body: unknown) => void) => void) =>
      (from: string, body: unknown, answer: (body: unknown) => void) => {
        if (!this.hanging) serve(from, body as never, answer);
      };
    station.serve(
      "watch",
      unlessHanging((from, body: string) => this.watch(from, body)),
    );
    station.serve(
      "order",
      unlessHanging((_, body: AgentOrder, answer) => answer(this.order(body))),
    );
    station.serve("etcd", (_, body, answer) => this.request(body as EtcdRequest, answer));
    station.serve(
      "snapshot",
      unlessHanging((_, _body, answer) => this.giveSnapshot(answer)),
    );
    station.serve(
      "take-snapshot",
      unlessHanging((_, body: { ref: SnapshotRef; content: EtcdSnapshot }, answer) => {
        this.etcd.handedOver = body;
        this.board.update({ snapshot: body.ref });
        answer("taken");
      }),
    );
    station.serve(
      "defragment",
      unlessHanging((_, _body, answer) => answer("done")),
    );
    this.beat();
    this.clock.after(SSHD_MS, () => {
      const { units } = this.board.now;
      this.board.update({
        units: { ...units, sshd: RUNNING },
        storage: { ready: true, message: "" },
      });
    });
  }

  private order(order: AgentOrder): unknown {
    if (this.stopping) return { code: "EtcdRunning", message: "the node is being stopped" };
    const known = order.orderId === this.etcd.order?.orderId;
    const refusal = this.etcd.accept(order, this.board.now.data);
    this.options.trace.add(this.options.name, "order", order.orderId, refusal?.code ?? "taken");
    if (refusal !== null) return refusal;
    this.board.update({ phase: "running", orderId: order.orderId });
    if (!known) this.startJupyter();
    return "accepted";
  }

  private request(request: EtcdRequest, answer: (body: unknown) => void): void {
    const { server } = this.etcd;
    // Nobody listens there: the connection is refused.
    if (server === null) return;
    server.request(request, REQUEST_MS_MAX, answer);
  }

  private giveSnapshot(answer: (body: unknown) => void): void {
    const { server } = this.etcd;
    const clusterId = server?.status()?.clusterId;
    if (server === null || clusterId === undefined) return answer(null);
    server.request({ type: "snapshot" }, REQUEST_MS_MAX, (given) => {
      const content = given.ok ? given.snapshot : null;
      answer(content === null ? null : ({ content, clusterId } satisfies SnapshotAnswer));
    });
  }

  private watch(from: string, stream: string): void {
    const former = this.watchers.get(from);
    if (former !== undefined) this.station?.endStream(former);
    this.watchers.set(from, stream);
    this.station?.beginStream(stream, from, () => {
      if (this.watchers.get(from) === stream) this.watchers.delete(from);
    });
    this.station?.write(stream, this.board.status());
  }

  private beat(): void {
    this.clock.after(AGENT_BEAT_MS, () => {
      this.tell(this.board.status());
      this.beat();
    });
  }

  private tell(status: AgentStatus): void {
    if (this.hanging) return;
    for (const stream of this.watchers.values()) this.station?.write(stream, status);
  }

  private onUnit(): void {
    const { units } = this.board.now;
    this.board.update({ units: { ...units, etcd: settledOn(units.etcd, this.etcd.status()) } });
  }

  private onEtcd(): void {
    this.monitor.noticed();
    this.naming.noticed();
  }

  /** When the container starts, when etcd does, and when a leader was lost. */
  private lookAtData(): void {
    this.board.update({ data: settledOn(this.board.now.data, this.etcd.data()) });
  }

  private onHealth(health: EtcdHealth | null): void {
    const { board, etcd } = this;
    const before = board.now.etcd;
    board.update({ etcd: health });
    this.onUnit();
    const lostLeader = before?.leaderId != null && health?.leaderId == null;
    // Also what joined empty has data, once it serves.
    if (lostLeader || (health !== null && board.now.data.state === "empty")) this.lookAtData();
    const elections = etcd.server === null ? [] : electionRecords(etcd.server.elections);
    board.update({ elections: settledOn(board.now.elections, elections) });
    this.naming.setHealth(health);
    this.startJupyter();
  }

  /** With `cold`, only where the local member leads. */
  private startJupyter(): void {
    const { config, rng } = this.options;
    const { etcd, orderId, units } = this.board.now;
    const leads = etcd !== null && etcd.leaderId === etcd.memberId;
    const wanted = orderId !== null && (config.jupyter.standby === "warm" || leads);
    if (!wanted && units.jupyter !== STOPPED) {
      this.jupyterStarts = false;
      this.board.update({ units: { ...units, jupyter: STOPPED } });
    }
    if (!wanted || this.jupyterStarts) return;
    this.jupyterStarts = true;
    this.clock.after(rng.integer(JUPYTER_MS.min, JUPYTER_MS.max), () => {
      if (!this.jupyterStarts) return;
      this.board.update({ units: { ...this.board.now.units, jupyter: RUNNING } });
    });
  }
}
