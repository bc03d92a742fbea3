/** What a master does with a framework that is over, and with what agents bring back of it. */
import type { Network } from "../wire/network.ts";
import type { MasterAgents } from "./master-agents.ts";
import type { MesosAgent } from "./mesos-agent.ts";
import type { Registry } from "./registry.ts";

interface Master {
  readonly name: string;
  readonly network: Network;
  readonly registry: Registry;
  readonly agents: MasterAgents;
}

/** Its id is dead, and its tasks are killed without a status; one framework has them all. */
export function removeFramework(master: Master, frameworkId: string): void {
  const { registry, agents } = master;
  registry.removedFrameworks.add(frameworkId);
  for (const registered of agents.all()) {
    for (const taskId of [...registered.tasks.keys()]) agents.dropTask(registered, taskId);
    shutDownRemoved(master, registered.agent);
  }
}

/** Told to an agent that registers too: it may bring back what ran while it was away. */
export function shutDownRemoved({ name, network, registry }: Master, agent: MesosAgent): void {
  const removed = [...registry.removedFrameworks];
  if (removed.length === 0) return;
  network.sendLink(name, agent.name, () => agent.shutDownFrameworks(removed));
}

/** What is told of the tasks of an agent that was away, or that this master never heard of. */
export function reregistration(agentId: string | null, registry: Registry): string | null {
  if (agentId === null) return null;
  if (registry.unreachable.has(agentId)) return "Unreachable agent re-reregistered";
  return registry.isAdmitted(agentId) ? null : "Unknown agent reregistered";
}
