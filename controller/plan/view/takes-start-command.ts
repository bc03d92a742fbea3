import { followsLeader } from "../../model/leader.ts";
import type { NodeView } from "./node-view.ts";

/**
 * Its agent waits to be told how to start etcd, or runs one that is no use any more: its member was
 * removed, or it cannot start on the data it has. That one takes a command too.
 */
export function takesStartCommand({
  agent,
  task,
  dataOwnership: ownership,
}: Pick<NodeView, "agent" | "task" | "dataOwnership">): boolean {
  if (agent === null || task === null || task.killRequestedAt !== null) return false;
  if (agent.phase !== "running") return agent.phase === "awaiting-start";
  if (agent.units.etcd.state === "exited") return true;
  return ownership === "stale" && !followsLeader(agent.etcd);
}
