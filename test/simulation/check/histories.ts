/**
 * One history per cluster at a time. A history (history) is an unbroken chain of commits: a new one
 * begins where a survivor is forced to go on alone, where a snapshot is restored, or where a
 * cluster begins empty. From the first commit of a new one on, the old one must never commit again.
 */
import type { Identity } from "../etcd/data.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { RaftCore } from "../raft/core.ts";
import { RaftSafety } from "../raft/safety.ts";
import type { RaftEvent } from "../raft/types.ts";
import type { Findings } from "./findings.ts";

export class Histories {
  private readonly raft = new Map<string, RaftSafety>();
  private readonly reported = new Map<string, number>();
  /** Cluster -> histories in the order of their first commits. */
  private readonly order = new Map<string, string[]>();

  constructor(private readonly findings: Findings) {}

  onRaft({ config }: Container, event: RaftEvent, core: RaftCore, { history }: Identity): void {
    if (history === null) return;
    const name = `${config.cluster} ${history}`;
    let safety = this.raft.get(name);
    if (safety === undefined) this.raft.set(name, (safety = new RaftSafety()));
    safety.observe(core, event);
    this.report(name, safety);
    if (event.type === "committed") this.onCommit(config.cluster, history);
    if (event.type === "applied" && event.entry.body.kind === "configuration") {
      const { learners } = core.configuration;
      if (learners.length > 1)
        this.findings.add("one learner", `${config.cluster}: ${learners.join(", ")}`);
    }
  }

  /** The history that a cluster is in now. */
  newestOf(cluster: string): string | undefined {
    return this.order.get(cluster)?.at(-1);
  }

  private onCommit(cluster: string, history: string): void {
    const order = this.order.get(cluster) ?? [];
    this.order.set(cluster, order);
    if (order.at(-1) === history) return;
    if (!order.includes(history)) {
      order.push(history);
      return;
    }
    const newer = order.at(-1);
    this.findings.add("one history", `${cluster}: ${history} commits although ${newer} has begun`);
  }

  private report(name: string, { violations }: RaftSafety): void {
    const known = this.reported.get(name) ?? 0;
    for (const violation of violations.slice(known)) this.findings.add("raft", violation);
    this.reported.set(name, violations.length);
  }
}
