/** Three etcd members that run and serve, and the questions that tests ask them. */
import { Rng } from "../../simulation/engine/rng.ts";
import { Scheduler } from "../../simulation/engine/scheduler.ts";
import { EtcdCluster, type EtcdNode } from "../../simulation/etcd/etcd-cluster.ts";
import type { EtcdServer } from "../../simulation/etcd/server.ts";
import type {
  EtcdAnswer,
  EtcdRequest,
  EtcdSuccess,
  MemberInfo,
} from "../../simulation/etcd/types.ts";

export const NAMES = ["n0", "n1", "n2"];

export class EtcdFixture {
  readonly cluster = new EtcdCluster(new Scheduler(), new Rng(1));

  constructor() {
    this.cluster.bootstrap(NAMES);
    const ready = this.cluster.until(() => this.cluster.servers().every((s) => s.ready));
    if (!ready) throw new Error("the cluster does not come up");
  }

  leader(): EtcdServer {
    return known(this.cluster.leader(), "leader");
  }

  follower(): EtcdServer {
    const { cluster } = this;
    return known(
      cluster.servers().find((s) => s !== cluster.leader()),
      "follower",
    );
  }

  nodeOf(server: EtcdServer): EtcdNode {
    return known(
      [...this.cluster.nodes.values()].find((n) => n.server === server),
      "node",
    );
  }

  serverAt(name: string): EtcdServer {
    return known(this.cluster.node(name).server, `server at ${name}`);
  }

  ask(server: EtcdServer, request: EtcdRequest): EtcdAnswer {
    return this.cluster.ask(server, request);
  }

  /** A refusal is an error. */
  done(server: EtcdServer, request: EtcdRequest): EtcdSuccess {
    const answer = this.ask(server, request);
    if (!answer.ok) throw new Error(answer.error);
    return answer;
  }

  valueAt(server: EtcdServer, key: string, serializable = false): string | undefined {
    return this.done(server, { type: "get", key, serializable }).kvs[0]?.value;
  }

  addLearner(name: string): MemberInfo {
    const { peerUrl } = this.cluster.node(name);
    return known(
      this.done(this.leader(), { type: "member-add", peerUrl, isLearner: true }).member,
      "member",
    );
  }

  /** A learner that was added, and serves. */
  joined(name: string): EtcdServer {
    this.cluster.join(name, this.addLearner(name));
    const server = this.serverAt(name);
    if (!this.cluster.until(() => server.ready)) throw new Error(`${name} does not join`);
    return server;
  }

  pass(ms: number): void {
    this.cluster.scheduler.runSync({ untilMs: this.cluster.scheduler.now() + ms });
  }

  killAll(): void {
    for (const name of this.cluster.nodes.keys()) this.cluster.kill(name);
  }
}

export function idOf(server: EtcdServer): string {
  return server.identity?.memberId ?? "";
}

export function put(key: string, value: string): EtcdRequest {
  return { type: "put", key, value };
}

function known<T>(value: T | null | undefined, what: string): T {
  if (value == null) throw new Error(`there is no ${what}`);
  return value;
}
