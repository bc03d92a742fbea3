/** `GET /v1/watch`, whatever it goes over: at once, on every change, and never silent for long. */
import { HEARTBEAT_INTERVAL_MS, type AgentStatus } from "../../../controller/model/agent-api.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";

/** A fifth early, for timers come late under load. */
const BEAT_MS = HEARTBEAT_INTERVAL_MS * 0.8;

/**
 * @param send is given the same object again when nothing has changed
 * @returns ends it
 */
export function followStatus(
  board: StatusBoard,
  clock: Clock,
  send: (status: AgentStatus) => void,
): () => void {
  let last = board.status();
  let cancel = () => {};
  const tell = (status: AgentStatus) => {
    last = status;
    send(status);
    cancel();
    cancel = clock.after(BEAT_MS, () => tell(last));
  };
  const unsubscribe = board.subscribe(tell);
  tell(last);
  return () => {
    unsubscribe();
    cancel();
  };
}
