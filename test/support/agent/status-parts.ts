/** Parts of an agent's status, for tests of what tells them. */
import { firstStatus } from "../../../agent-image/agent/status/first-status.ts";
import { StatusBoard } from "../../../agent-image/agent/status/status-board.ts";
import type { EtcdHealth } from "../../../controller/model/agent-api.ts";

/** As a new container begins. */
export const FIRST_STATUS = firstStatus({ slot: 0, taskId: "t", instanceId: "i" });

export function newBoard(): StatusBoard {
  return new StatusBoard(FIRST_STATUS, setImmediate);
}

/** A voter that follows a leader. */
export function followerHealth(change: Partial<EtcdHealth> = {}): EtcdHealth {
  return {
    memberId: "a1",
    clusterId: "c1",
    version: "3.5.16",
    raftTerm: 2,
    raftIndex: 12,
    leaderId: "a2",
    isLearner: false,
    revision: 7,
    dbSizeBytes: 20480,
    dbSizeInUseBytes: 16384,
    members: null,
    alarms: [],
    ...change,
  };
}
