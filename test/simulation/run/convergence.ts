/**
 * Liveness: without faults, everything becomes as the specs want it, within a bound, and stays so.
 */
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { liveMembers, quorumOf } from "../check/ground-truth.ts";
import type { Checker } from "../check/checker.ts";
import type { World } from "../world/world.ts";
import { slotsOf } from "../world/spec-user.ts";
import { Person } from "./person.ts";
import { runUntil } from "./run-until.ts";

/** Virtual milliseconds. */
const BOUND_MS = 600_000;
/** The client forgets a stranger that Mesos does not know after an hour. */
const FORGOTTEN_MS = 90 * 60_000;
const STEP_MS = 1_000;
/** So long nothing may happen once all is well; a resync of the loop is in it. */
const REST_MS = 12_000;

export class Convergence {
  private readonly person: Person;
  private waited = false;

  constructor(
    private readonly world: World,
    private readonly checker: Checker,
  ) {
    this.person = new Person(world, checker);
  }

  /** @returns how long it took; null when the bound was passed, or a check failed */
  async wait(): Promise<number | null> {
    const { world, checker } = this;
    const beganAt = world.now();
    let convergedAt: number | null = null;
    while (world.now() - beganAt < this.boundMs()) {
      await runUntil(world, checker, world.now() + STEP_MS);
      if (checker.findings.all.length > 0) return null;
      this.person.look();
      if (this.lacks() !== null) continue;
      convergedAt ??= world.now();
      if (await this.rests()) {
        for (const name of world.user.names()) checker.checkWrites(name);
        return checker.findings.all.length > 0 ? null : convergedAt - beganAt;
      }
      if (checker.findings.all.length > 0) return null;
      convergedAt = null;
    }
    checker.findings.add("liveness", this.lacks() ?? "it does not come to rest");
    return null;
  }

  /** A task of which Mesos knows neither its end nor its agent is waited for that long. */
  private boundMs(): number {
    this.waited ||= /must have ended/.test(this.lacks() ?? "");
    return this.waited ? FORGOTTEN_MS : BOUND_MS;
  }

  /** What is not as it should be; null: all is. */
  lacks(): string | null {
    for (const name of this.world.user.names()) {
      const lack = this.lackOf(name);
      if (lack !== null) return `${name}: ${lack}`;
    }
    return null;
  }

  private lackOf(name: string): string | null {
    const { world } = this;
    const { controller, user } = world;
    if (controller === null) return "no controller";
    const desiredSpec = user.desiredSpec(name);
    const running = world.containers().filter((c) => c.config.cluster === name);
    if (desiredSpec.suspend) return running.length === 0 ? null : "containers run though suspended";
    const key = clusterKey({ namespace: "default", name });
    const object = controller.published.get(key);
    if (object === undefined) return "not published";
    const memory = controller.loop.remembered().get(key);
    return lackInStatus(object, memory) ?? this.lackInTruth(name, object);
  }

  private lackInTruth(name: string, object: JupyterClusterObject): string | null {
    const { world } = this;
    const desiredSpec = world.user.desiredSpec(name);
    const members = liveMembers(world, name);
    const quorum = quorumOf(world, members);
    if (quorum === null) return "no quorum";
    if (members.length !== slotsOf(desiredSpec)) return `${members.length} members run`;
    if (quorum.voters.length !== desiredSpec.replicas) return `${quorum.voters.length} voters`;
    const { container } = quorum.leader;
    const target = world.controller?.proxyTarget(object.metadata.namespace + "/" + name);
    if (target?.ip !== container.config.ip) return "the proxy is elsewhere";
    for (const member of members) {
      const hosts = world.nodeOf(member.container)?.board.now.hosts;
      const first = hosts?.names.find((n) => n.index === 0);
      if (first?.slot !== quorum.leader.slot) return `slot ${member.slot} has other names`;
    }
    return null;
  }

  /** Nothing is done and nothing is written down while nothing happens. */
  private async rests(): Promise<boolean> {
    const { world, checker } = this;
    for (const writer of checker.writers.values()) writer.pause(true);
    await runUntil(world, checker, world.now() + 2 * STEP_MS);
    const before = this.memories();
    const effects = world.controller?.effects.total;
    await runUntil(world, checker, world.now() + REST_MS);
    for (const writer of checker.writers.values()) writer.pause(false);
    const after = this.memories();
    if (effects !== world.controller?.effects.total) return false;
    return before.length === after.length && before.every((memory, i) => memory === after[i]);
  }

  private memories(): readonly ClusterMemory[] {
    return [...(this.world.controller?.loop.remembered().values() ?? [])];
  }
}

function lackInStatus(
  { status, metadata }: JupyterClusterObject,
  memory: ClusterMemory | undefined,
): string | null {
  const find = (type: string) => status.conditions.find((c) => c.type === type);
  const ready = find("Ready");
  if (ready?.status !== "True") return `not Ready: ${ready?.reason}: ${ready?.message}`;
  if (status.observedGeneration !== metadata.generation) return "generation not observed";
  const { rebalance } = status;
  if (rebalance?.state === "Processing") return `a rebalance goes on: ${rebalance.message}`;
  const { spec } = memory?.cluster ?? {};
  // The only member's data would be lost with its container: it is left to a person.
  const only = spec?.replicas === 1 && spec.etcd.dataVolume === "ephemeral";
  if (only || spec?.updateStrategy === "OnDelete") return null;
  const updated = find("AllMembersUpdated");
  return updated?.status === "True" ? null : `not updated: ${updated?.message}`;
}
