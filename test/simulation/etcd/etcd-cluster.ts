/** Etcd members on a network, one to a node, for tests of the model itself. */
import type { Scheduler } from "../engine/scheduler.ts";
import { MessageNetwork } from "../engine/network.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import type { Rng } from "../engine/rng.ts";
import { RaftSafety } from "../raft/safety.ts";
import { EtcdData } from "./data.ts";
import { logLine } from "./log-lines.ts";
import { EtcdServer } from "./server.ts";
import type { EtcdAnswer, EtcdExit, EtcdRequest, MemberInfo, PeerMessage } from "./types.ts";

const TOKEN = "token";
const REQUEST_MS_MAX = 5_000;

export interface EtcdNode {
  readonly name: string;
  readonly peerUrl: string;
  /** Peer URLs of the members that it was told to form a cluster with, or to join; its own among them. */
  initialPeers: readonly string[];
  data: EtcdData;
  server: EtcdServer | null;
  exits: EtcdExit[];
  /** Of its log. */
  lines: string[];
  stop: () => void;
}

export class EtcdCluster {
  readonly network: MessageNetwork<PeerMessage>;
  readonly nodes = new Map<string, EtcdNode>();
  private readonly checks = new Map<string, RaftSafety>();

  constructor(
    readonly scheduler: Scheduler,
    private readonly rng: Rng,
    private readonly settings = {
      heartbeatMs: 100,
      electionMs: 1_000,
      snapshotEvery: 50,
      entriesKept: 10,
      quotaBytes: 10_000_000,
    },
  ) {
    this.network = new MessageNetwork(scheduler, rng.fork("network"));
  }

  /** First members of a new cluster. */
  bootstrap(names: readonly string[]): void {
    const cluster = { token: TOKEN, members: this.urls(names) };
    for (const name of names) {
      this.node(name).initialPeers = names.map(urlOf);
      this.node(name).data.bootstrap(name, cluster);
      this.start(name);
    }
  }

  node(name: string): EtcdNode {
    const known = this.nodes.get(name);
    if (known !== undefined) return known;
    const node: EtcdNode = {
      name,
      peerUrl: urlOf(name),
      initialPeers: [],
      data: new EtcdData(),
      server: null,
      exits: [],
      lines: [],
      stop: () => undefined,
    };
    this.nodes.set(name, node);
    return node;
  }

  start(name: string): EtcdServer {
    const node = this.node(name);
    if (node.server !== null) return node.server;
    const clock = new ProcessClock(this.scheduler);
    const server = new EtcdServer({
      ...this.settings,
      name,
      peerUrl: node.peerUrl,
      data: node.data,
      clock,
      rng: this.rng.fork(`${name} ${this.scheduler.now()}`),
      initialPeers: node.initialPeers,
      send: (peerUrl, message) => this.network.send(node.peerUrl, peerUrl, message),
      onExit: (exit) => {
        node.exits.push(exit);
        node.stop();
      },
      onLog: (fields) => node.lines.push(logLine(this.scheduler.now(), fields)),
      observe: (event, core, { history }) => {
        if (history !== null) this.safetyOf(history).observe(core, event);
      },
    });
    const detach = this.network.attach(node.peerUrl, (_, message) => server.receive(message));
    node.server = server;
    node.stop = () => {
      clock.end();
      detach();
      node.server = null;
    };
    return server;
  }

  kill(name: string): void {
    const node = this.node(name);
    node.server?.kill();
    node.stop();
  }

  /** Starts a member that was added, on nothing. */
  join(name: string, member: MemberInfo): void {
    const leader = this.leader();
    const clusterId = leader?.identity?.clusterId;
    if (leader === null || clusterId === undefined) throw new Error("there is no leader to join");
    const told = this.ask(leader, { type: "member-list", linearizable: false });
    if (!told.ok) throw new Error(told.error);
    const node = this.node(name);
    node.initialPeers = told.members.map((m) => m.peerUrl);
    node.data.join({ memberId: member.id, clusterId, token: TOKEN });
    this.start(name);
  }

  servers(): readonly EtcdServer[] {
    return [...this.nodes.values()].flatMap((n) => (n.server === null ? [] : [n.server]));
  }

  /** Of several that think so, the one with the highest term. */
  leader(): EtcdServer | null {
    const leaders = this.servers().filter((s) => s.core?.role === "leader");
    leaders.sort((a, b) => (b.core?.term ?? 0) - (a.core?.term ?? 0));
    return leaders[0] ?? null;
  }

  /** Asks, and lets time pass until there is an answer. */
  ask(server: EtcdServer, request: EtcdRequest, deadlineMs = REQUEST_MS_MAX): EtcdAnswer {
    let answer: EtcdAnswer | undefined;
    server.request(request, deadlineMs, (a) => {
      answer = a;
    });
    const untilMs = this.scheduler.now() + deadlineMs;
    while (answer === undefined && this.scheduler.step(untilMs));
    return answer ?? { ok: false, error: "no answer" };
  }

  /** @returns whether it came true within `withinMs` */
  until(condition: () => boolean, withinMs = 30_000): boolean {
    const untilMs = this.scheduler.now() + withinMs;
    while (!condition()) if (!this.scheduler.step(untilMs)) return condition();
    return true;
  }

  violations(): readonly string[] {
    return [...this.checks.values()].flatMap((check) => check.violations);
  }

  private safetyOf(history: string): RaftSafety {
    let check = this.checks.get(history);
    if (check === undefined) this.checks.set(history, (check = new RaftSafety()));
    return check;
  }

  private urls(names: readonly string[]): Record<string, string> {
    return Object.fromEntries(names.map((name) => [name, urlOf(name)]));
  }
}

function urlOf(name: string): string {
  return `http://${name}:2380`;
}
