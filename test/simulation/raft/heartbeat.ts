/** The leader's sign of life. */
import { membersOf } from "./configuration.ts";
import type { RaftCore } from "./core.ts";

/** @param read number of the read that the answers confirm; 0 for none */
export function sendHeartbeats(core: RaftCore, read: number): void {
  const { leadership, term } = core;
  if (leadership === null) return;
  for (const to of membersOf(core.configuration)) {
    if (to === core.id) continue;
    // Never more than the member is known to have. A member that lost its data panics here.
    const commit = Math.min(leadership.progress.get(to)?.match ?? 0, core.commit);
    core.send(to, { type: "heartbeat", term, commit, read });
  }
}
