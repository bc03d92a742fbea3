import { followsLeader } from "../../model/leader.ts";
import type { NodeView } from "./node-view.ts";

/**
 * Its agent waits to be told how to start etcd, or runs one that is no use any more: its member was
 * removed, it cannot start on the data it has, or it was to join and has found others than it was
 * told (etcd then ends before it writes anything). That one takes a command too.
 */
export function takesStartCommand({
  agent,
  task,
  dataOwnership: ownership,
}: Pick<NodeView, "agent" | "task" | "dataOwnership">): boolean {
  if (agent === null || task === null || task.killRequestedAt !== null) return false;
  if (agent.phase !== "running") return agent.phase === "awaiting-start";
  const { state } = agent.units.etcd;
  if (state === "exited") return true;
  if (state === "backoff" && ownership === "empty") return task.startCommand?.etcd.mode === "join";
  return ownership === "stale" && !followsLeader(agent.etcd);
}
