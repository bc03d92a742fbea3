/**
 * Runs a node's etcd as ordered, as agent-image/agent/etcd/etcd-unit.ts does. Which orders are
 * refused, and what an order means for the data, is decided by the agent's own order-rules.
 */
import type {
  AgentOrder,
  AgentRefusal,
  EtcdData,
  UnitStatus,
} from "../../../controller/model/agent-api.ts";
import { planStart, refuse } from "../../../agent-image/agent/etcd/order-rules.ts";
import { peerUrl } from "../../../controller/model/ids.ts";
import { followsLeader } from "../../../controller/model/leader.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import { EtcdServer } from "../etcd/server.ts";
import type { EtcdSnapshot } from "../etcd/types.ts";
import type { NodeOptions } from "./node.ts";

const BACKOFF_MS_FIRST = 100;
const BACKOFF_MS_MAX = 5_000;
const STABLE_MS = 10_000;
const STOP_MS_MAX = 2_000;
/** From the start of the process until it has noted that it forced the new beginning. */
const NOTED_MS = 200;
/** What etcd makes of a cluster that says nothing else. */
const TOKEN = "etcd-cluster";

export interface HandedOver {
  readonly ref: SnapshotRef;
  readonly content: EtcdSnapshot;
}

export interface EtcdUnitEvents {
  readonly onUnit: () => void;
  /** Leader, term or members may be others now. */
  readonly onEtcd: () => void;
  /** The data directory holds something else than it did. */
  readonly onData: () => void;
}

export class EtcdUnit {
  server: EtcdServer | null = null;
  order: AgentOrder | null = null;
  handedOver: HandedOver | null = null;
  private state: UnitStatus["state"] = "stopped";
  private restarts = 0;
  private lastExit: UnitStatus["lastExit"] = null;
  private backoffMs = BACKOFF_MS_FIRST;
  private startedAt = 0;
  private starts = 0;
  private cancelRestart = () => {};

  constructor(
    private readonly options: NodeOptions,
    private readonly events: EtcdUnitEvents,
  ) {}

  status(): UnitStatus {
    const { state, restarts, lastExit } = this;
    const pid = this.server === null ? null : this.starts;
    return { state, ready: this.server?.ready ?? false, pid, restarts, lastExit };
  }

  data(): EtcdData {
    const { etcd } = this.options.volume;
    const found = etcd.inspect();
    if (found.state !== "present") return found;
    if (etcd.unwritten) return { state: "empty" };
    const { memberId, clusterId } = found.identity;
    const raftTerm = etcd.open()?.disk.read().log.lastTerm ?? 0;
    return { state: "present", memberId, clusterId, raftIndex: found.raftIndex, raftTerm };
  }

  /** Takes the order over and carries it out in the background, or says why not. */
  accept(order: AgentOrder, data: EtcdData): AgentRefusal | null {
    if (order.orderId === this.order?.orderId) return null;
    const hasLeader = followsLeader(this.server?.status() ?? null);
    const snapshot = this.handedOver?.ref ?? null;
    const refusal = refuse(order.etcd, { data, snapshot, etcd: this.state, hasLeader });
    if (refusal !== null) return refusal;
    this.order = order;
    this.stopThen(() => this.carryOut(order, data.state === "corrupt" ? data : this.data()));
    return null;
  }

  /** As by SIGTERM, with all that takes; then `done`. */
  stopThen(done: () => void): void {
    this.cancelRestart();
    const { server } = this;
    if (server === null) return done();
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      this.server = null;
      this.setState("stopped");
      done();
    };
    this.options.clock.after(STOP_MS_MAX, () => {
      if (!over) server.kill();
      end();
    });
    server.shutDown(end);
  }

  /** The container ends. */
  kill(): void {
    this.cancelRestart();
    this.server?.kill(this.options.rng.integer(0, 2));
    this.server = null;
  }

  /** kill -9 of etcd alone. */
  crash(): void {
    if (this.server === null) return;
    this.server.kill(this.options.rng.integer(0, 2));
    this.ended(null, "SIGKILL");
  }

  private carryOut(order: AgentOrder, data: EtcdData): void {
    const { volume, lineages } = this.options;
    const plan = planStart(order, data, volume.identity);
    const begins = plan.force || (order.etcd.mode === "restore" && !this.hasDataOf(order.etcd));
    const bootstraps = order.etcd.mode === "bootstrap" && data.state === "empty";
    if (begins || bootstraps) this.options.onNewBeginning(order);
    if (plan.wipe || plan.restore !== null) volume.lose();
    this.prepare(order);
    let noted: string | null = null;
    if (plan.force) {
      volume.etcd.forceNewCluster(lineages.next());
      noted = order.orderId;
    } else if (begins) volume.etcd.learnLineage(lineages.next());
    this.backoffMs = BACKOFF_MS_FIRST;
    this.launch(noted);
  }

  private hasDataOf({ clusterId }: { readonly clusterId: string }): boolean {
    return this.options.volume.etcd.identity?.clusterId === clusterId;
  }

  /** What is put into an empty directory before etcd starts, or by it. */
  private prepare({ etcd }: AgentOrder): void {
    const data = this.options.volume.etcd;
    if (data.inspect().state === "present" && data.unwritten) data.wipe();
    if (data.inspect().state !== "empty") return;
    if (etcd.mode === "join") {
      const { memberId, clusterId } = etcd;
      data.join({ memberId, clusterId, token: TOKEN });
    } else if (etcd.mode === "bootstrap" || etcd.mode === "restore") {
      const cluster = { members: etcd.initialCluster, token: etcd.token };
      const content = etcd.mode === "restore" && etcd.snapshot ? this.handedOver?.content : null;
      if (content) data.restore(etcd.memberName, cluster, content);
      else data.bootstrap(etcd.memberName, cluster);
    }
  }

  private launch(forcedBy: string | null = null): void {
    const { clock, volume } = this.options;
    this.starts += 1;
    this.startedAt = clock.now();
    const server = this.newServer();
    this.server = server;
    this.events.onData();
    this.setState("starting");
    if (forcedBy === null) return;
    clock.after(NOTED_MS, () => {
      const { identity } = volume.etcd;
      if (this.server !== server || identity === null) return;
      const { memberId, clusterId } = identity;
      volume.identity = { memberId, clusterId, forcedBy };
    });
  }

  private newServer(): EtcdServer {
    const { config, clock, rng, volume, sendPeer, observeRaft } = this.options;
    const { order } = this;
    const initial =
      order !== null && "initialCluster" in order.etcd ? order.etcd.initialCluster : {};
    const own = this.starts;
    return new EtcdServer({
      name: order?.etcd.memberName ?? "",
      peerUrl: peerUrl(config.ip),
      data: volume.etcd,
      clock,
      rng: rng.fork(`etcd ${own}`),
      heartbeatMs: config.etcd.heartbeatMs,
      electionMs: config.etcd.electionMs,
      snapshotEvery: 200,
      entriesKept: 50,
      quotaBytes: config.etcd.quotaMiB * 2 ** 20,
      initialPeers: Object.values(initial),
      send: sendPeer,
      onExit: ({ code, reason }) => {
        if (this.starts === own) this.onExit(code, reason);
      },
      observe: observeRaft,
      onIdentity: () => this.events.onData(),
      onChange: () => {
        if (this.server?.ready === true && this.state === "starting") this.setState("running");
        this.events.onEtcd();
      },
    });
  }

  private onExit(code: number, reason: string): void {
    this.options.trace.add(this.options.name, "etcd ended", code, reason);
    if (code === 0) {
      this.server = null;
      this.lastExit = { code, signal: null };
      this.setState("exited");
    } else this.ended(code, null);
  }

  private ended(code: number | null, signal: string | null): void {
    const { clock } = this.options;
    this.server = null;
    this.lastExit = { code, signal };
    if (clock.now() - this.startedAt >= STABLE_MS) this.backoffMs = BACKOFF_MS_FIRST;
    this.restarts += 1;
    this.cancelRestart = clock.after(this.backoffMs, () => this.launch());
    this.backoffMs = Math.min(this.backoffMs * 2, BACKOFF_MS_MAX);
    this.events.onData();
    this.setState("backoff");
  }

  private setState(state: UnitStatus["state"]): void {
    this.state = state;
    this.events.onUnit();
    this.events.onEtcd();
  }
}
