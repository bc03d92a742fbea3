/** A healthy task is killed only for a reason that the spec, or a person, gives. */
import { slotCount } from "../../../crd-schema/slots.ts";
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";

const BY_PERSON = /suspended|deleted|restored, as it was asked for/;
/** A node whose agent answers is not one that hangs, whatever was heard some seconds ago. */
const ANSWERING_MS = 10_000;

export class Kills {
  private readonly judged = new Set<string>();
  /** Container -> since when its agent is within the controller's reach and answers. */
  private readonly answersSince = new Map<string, number>();
  private place: string | null = null;
  /** Task -> when it was first to be launched; its container starts later. */
  private readonly launchedAt = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly findings: Findings,
  ) {}

  /** @param place of the controller that acts */
  sample(place: string): void {
    if (place !== this.place) this.answersSince.clear();
    this.place = place;
    const { partitions } = this.world.network;
    const now = this.world.now();
    for (const container of this.world.containers()) {
      const hanging = this.world.nodeOf(container)?.hangs ?? true;
      const answers = !hanging && partitions.connects(container.name, place);
      if (!answers) this.answersSince.delete(container.name);
      else if (!this.answersSince.has(container.name)) this.answersSince.set(container.name, now);
    }
  }

  onAction(action: Action, memory: ClusterMemory): void {
    if (action.type === "LaunchTasks") {
      for (const { task_id } of action.tasks) this.launchedAt.set(task_id.value, this.world.now());
    }
    if (action.type !== "KillTask" || this.judged.has(action.taskId)) return;
    this.judged.add(action.taskId);
    const container = this.world
      .containers()
      .find((c) => c.config.taskId === action.taskId && c.running);
    if (container === undefined) return;
    const wrong = this.whyWrong(action.reason, container, memory);
    if (wrong !== null) this.findings.add("killed without a reason", `${action.taskId}: ${wrong}`);
  }

  /**
   * What was to end, and was not known to have ended, ends, though it was thought better of since.
   */
  private wasAsked({ config }: Container): boolean {
    const askedAt = this.world.user.stopAskedAt.get(config.cluster);
    return askedAt !== undefined && askedAt >= (this.launchedAt.get(config.taskId) ?? 0);
  }

  /** As {@link wasAsked}: by a spec that was larger again before the kill left. */
  private wasScaledIn({ config }: Container): boolean {
    const launchedAt = this.launchedAt.get(config.taskId) ?? 0;
    return this.world.user
      .sizesOf(config.cluster)
      .some(({ at, slots }) => at >= launchedAt && slots <= config.slot);
  }

  private whyWrong(reason: string, container: Container, memory: ClusterMemory): string | null {
    const { spec } = memory.cluster;
    const { slot, taskId } = container.config;
    const slotMemory = memory.slots.find((s) => s.slot === slot);
    if (BY_PERSON.test(reason)) {
      const asked = /restored/.test(reason) || spec.suspend || memory.fileRemoved;
      return asked || this.wasAsked(container) ? null : reason;
    }
    if (reason === "scaled in") {
      return slot >= slotCount(spec) || this.wasScaledIn(container) ? null : reason;
    }
    if (/updated to the new template/.test(reason)) return null;
    if (reason.startsWith("it moves from ")) return memory.rebalance === null ? reason : null;
    if (/no slot has this task/.test(reason)) {
      return slotMemory?.task?.taskId === taskId ? reason : null;
    }
    if (/agent does not answer/.test(reason)) {
      const since = this.answersSince.get(container.name);
      const answering = since !== undefined && this.world.now() - since > ANSWERING_MS;
      return answering ? `${reason}, but it does` : null;
    }
    if (/data is on another host/.test(reason)) {
      const followsNobody = this.world.nodeOf(container)?.etcd.server == null;
      return followsNobody ? null : reason;
    }
    return reason;
  }
}
