/** All safety checks of one run. */
import type { Action } from "../../../controller/model/action.ts";
import type { StartCommand, EtcdStart } from "../../../controller/model/agent-api.ts";
import { bootstrapClusterId } from "../../../controller/model/bootstrap-ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import type { ControllerProcess } from "../controller/process.ts";
import type { EffectEvent } from "../controller/effects.ts";
import type { Identity } from "../etcd/data.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { RaftCore } from "../raft/core.ts";
import type { StoredEvent } from "../store/site-store.ts";
import type { RaftEvent } from "../raft/types.ts";
import type { Notebooks } from "../world/notebooks.ts";
import type { Watchers } from "../world/watchers.ts";
import { CONTROLLER } from "../world/controllers.ts";
import type { World } from "../world/world.ts";
import type { Writer } from "../world/writer.ts";
import { Decisions } from "./decisions.ts";
import { Findings } from "./findings.ts";
import { Histories } from "./histories.ts";
import { Intents } from "./intents.ts";
import { Kernels } from "./kernels.ts";
import { Kills } from "./kills.ts";
import { Proxies } from "./proxies.ts";
import { Publications } from "./publications.ts";
import { Quorums, SAMPLE_MS } from "./quorums.ts";
import { QuorumRecoveries } from "./quorum-recoveries.ts";
import { Slots } from "./slots.ts";
import { Storages } from "./storages.ts";
import { Terms } from "./terms.ts";
import { Writes } from "./writes.ts";

/** The voters after the entry of this index. */
interface Membership {
  readonly history: string;
  readonly index: number;
  readonly voters: readonly string[];
}

interface Parts {
  readonly world: World;
  readonly slots: Slots;
  readonly quorums: Quorums;
  readonly quorumRecoveries: QuorumRecoveries;
  readonly kills: Kills;
  readonly storages: Storages;
  readonly terms: Terms;
  readonly writes: Writes;
}

export class Checker implements Watchers {
  readonly findings = new Findings();
  readonly writers = new Map<string, Writer>();
  private readonly histories = new Histories(this.findings);
  private readonly decisions = new Decisions(this.findings);
  private readonly publications = new Publications(this.findings);
  private readonly intents = new Intents(this.findings);
  private readonly proxies = new Proxies(this.findings);
  /** Cluster -> its membership, as last committed. */
  private readonly memberships = new Map<string, Membership>();
  private parts: Parts | null = null;
  private kernels: Kernels | null = null;
  onEffectExtra: (controller: ControllerProcess, event: EffectEvent) => void = () => undefined;

  begin(world: World): void {
    const { findings } = this;
    findings.begin(world);
    this.parts = {
      world,
      slots: new Slots(world, findings),
      quorums: new Quorums(world, findings),
      quorumRecoveries: new QuorumRecoveries(
        world,
        findings,
        (cluster) => this.memberships.get(cluster)?.voters ?? [],
      ),
      kills: new Kills(world, findings),
      storages: new Storages(world, findings),
      terms: new Terms(world, findings),
      writes: new Writes(world, findings, this.writers),
    };
    this.parts.terms.start();
    this.sample();
  }

  /** @param notebooks of the world that is being checked */
  watchKernels(notebooks: Notebooks): void {
    if (this.parts === null) throw new Error("the checks have not begun");
    this.kernels = new Kernels(this.parts.world, notebooks, this.findings);
  }

  /** After every event of the run. */
  afterEvent(): void {
    for (const controller of this.parts?.world.running ?? []) this.proxies.look(controller);
  }

  personRestores(cluster: string, from: "snapshot" | "nothing" | null): void {
    if (from === null) this.parts?.quorumRecoveries.askedFor.delete(cluster);
    else this.parts?.quorumRecoveries.askedFor.set(cluster, from);
  }

  checkWrites(cluster: string): void {
    this.parts?.writes.check(cluster);
  }

  onEffect(controller: ControllerProcess, event: EffectEvent): void {
    this.onEffectExtra(controller, event);
  }

  /** Rare states, and at how many reconciles each was. */
  get sometimes(): Readonly<Record<string, number>> {
    return this.decisions.sometimes;
  }

  onObserved(controller: ControllerProcess, memory: ClusterMemory, observed: Observed): void {
    this.decisions.onObserved(controller.core, memory, observed);
    this.kernels?.onObserved(controller.core, memory, observed);
  }

  /** Mesos refuses the calls of a controller from which another has taken over. */
  onAction(controller: ControllerProcess, action: Action, memory: ClusterMemory): void {
    // What it begins leaves no more.
    if (!controller.acts) return;
    const forMesos = action.type === "LaunchTasks" || action.type === "KillTask";
    if (forMesos && this.parts?.world.controller !== controller) return;
    this.decisions.onAction(controller.core, action, memory);
    this.intents.onAction(controller, action, memory);
    this.parts?.terms.onAction(action, memory);
    this.parts?.slots.onAction(action);
    this.parts?.quorums.onAction(action, memory);
    this.parts?.kills.onAction(action, memory);
    this.kernels?.onAction(controller.core, action, memory);
  }

  onPublished(_controller: ControllerProcess, object: JupyterClusterObject): void {
    this.publications.onPublished(object);
    this.parts?.storages.onPublished(object);
  }

  onLeaving(controller: ControllerProcess, what: string): void {
    this.parts?.terms.onLeaving(controller, what);
  }

  onStored(event: StoredEvent): void {
    this.parts?.terms.onStored(event);
  }

  onContainerStarted(container: Container): void {
    this.parts?.slots.onContainerStarted(container);
  }

  onContainerEnded(): void {}

  onNewBeginning(container: Container, command: StartCommand): void {
    if (this.isUnderWay(container.config.cluster, command.etcd)) return;
    this.parts?.quorumRecoveries.onNewBeginning(container, command);
    this.parts?.writes.onNewBeginning(container, command);
  }

  /** Another of the first members has begun it already. */
  private isUnderWay(cluster: string, etcd: EtcdStart): boolean {
    if (etcd.mode !== "bootstrap") return false;
    const clusterId = bootstrapClusterId(etcd.initialCluster, etcd.token);
    return this.histories.newestOf(cluster) === clusterId;
  }

  onRaft(container: Container, event: RaftEvent, core: RaftCore, identity: Identity): void {
    this.histories.onRaft(container, event, core, identity);
    if (event.type === "committed" || event.type === "applied") {
      this.noteMembership(container.config.cluster, event.entry.index, core, identity);
    }
  }

  /** Members that start again apply once more what they applied before. */
  private noteMembership(
    cluster: string,
    index: number,
    { configuration }: RaftCore,
    { history }: Identity,
  ): void {
    const known = this.memberships.get(cluster);
    if (history === null || history !== this.histories.newestOf(cluster)) return;
    if (known?.history === history && index < known.index) return;
    this.memberships.set(cluster, { history, index, voters: configuration.voters });
  }

  private sample(): void {
    const { parts } = this;
    if (parts === null) return;
    for (const cluster of parts.world.user.names()) parts.quorums.sample(cluster);
    const place = parts.world.controller?.place ?? CONTROLLER;
    parts.kills.sample(place);
    parts.storages.sample(place);
    parts.world.scheduler.after(SAMPLE_MS, () => this.sample());
  }
}
