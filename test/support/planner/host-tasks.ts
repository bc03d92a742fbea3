/** Commands on hosts in the fake world, which run none. */
import { isHostTask } from "../../../controller/model/ids.ts";
import type { FakeWorld } from "./fake-world.ts";

/** The latest one that was sent ends. */
export function endHostTask(
  { tasks }: Pick<FakeWorld, "tasks">,
  state: "TASK_FINISHED" | "TASK_FAILED",
  message: string | null = null,
): void {
  const latest = [...tasks.values()].findLast(({ taskId }) => isHostTask(taskId));
  if (latest === undefined) throw new Error("no command was sent to a host");
  tasks.set(latest.taskId, { ...latest, state, message });
}
