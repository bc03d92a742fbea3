/** Leadership handed over: the target catches up, then stands for election at once. */
import type { RaftCore } from "./core.ts";
import type { NodeId } from "./types.ts";

export function beginTransfer(core: RaftCore, to: NodeId): boolean {
  const { leadership } = core;
  if (leadership === null || !core.configuration.voters.includes(to)) return false;
  if (to === core.id) return true;
  leadership.transferee = to;
  leadership.transferSince = core.host.clock.now();
  transferIfCaughtUp(core, to);
  return true;
}

/** The leader takes no proposals meanwhile, so the target cannot fall behind again. */
export function transferIfCaughtUp(core: RaftCore, id: NodeId): void {
  const { leadership } = core;
  if (leadership === null || leadership.transferee !== id) return;
  if (leadership.progress.get(id)?.match !== core.lastIndex) return;
  core.send(id, { type: "timeout-now", term: core.term });
}

/** A target that does not take over within an election's time is given up. */
export function endStaleTransfer(core: RaftCore): void {
  const { leadership } = core;
  if (leadership === null || leadership.transferee === null) return;
  const elapsed = core.host.clock.now() - leadership.transferSince;
  if (elapsed >= core.options.electionMs) leadership.transferee = null;
}
