/** One live task for a slot, and never the same task id twice. */
import type { Action } from "../../../controller/model/action.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./findings.ts";

export class Slots {
  private readonly used = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly findings: Findings,
  ) {}

  onAction(action: Action): void {
    if (action.type !== "LaunchTasks") return;
    for (const { task_id } of action.tasks) {
      if (this.used.has(task_id.value)) this.findings.add("task ids", task_id.value);
      this.used.add(task_id.value);
    }
  }

  onContainerStarted(container: Container): void {
    const { cluster, slot } = container.config;
    for (const other of this.world.containers()) {
      if (other === container || !other.running || other.orphan) continue;
      if (other.config.cluster !== cluster || other.config.slot !== slot) continue;
      if (this.isGivenUp(other)) continue;
      const both = `${other.config.taskId} and ${container.config.taskId}`;
      this.findings.add("one task a slot", `${cluster} slot ${slot}: ${both}`);
    }
  }

  /** Mesos has told that it lost sight of the task, or that it has ended. */
  private isGivenUp(container: Container): boolean {
    const { registry, site, hosts } = this.world;
    const host = hosts.find((h) => h.name === container.hostname);
    const agent = site.agents.find((a) => a.name === host?.name);
    if (agent === undefined) return true;
    const task = agent.tasks.get(container.config.taskId);
    if (task === undefined || task.killing || !task.executor) return true;
    const { agentId } = agent;
    if (agentId === null || registry.gone.has(agentId)) return true;
    return registry.unreachable.has(agentId) || !registry.isAdmitted(agentId);
  }
}
