/** What must not be forgotten of an effect is stored before the effect leaves. */
import type { Action } from "../../../controller/model/action.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ControllerProcess } from "../controller/process.ts";
import type { Findings } from "./findings.ts";

export class Intents {
  constructor(private readonly findings: Findings) {}

  onAction(controller: ControllerProcess, action: Action, { cluster }: ClusterMemory): void {
    if (action.type !== "LaunchTasks") return;
    const stored = controller.stored(clusterKey(cluster.metadata));
    const known = new Set(stored?.slots.map(({ task }) => task?.taskId));
    for (const { task_id } of action.tasks) {
      if (known.has(task_id.value)) continue;
      this.findings.add("launched before it was stored", task_id.value);
    }
  }
}
