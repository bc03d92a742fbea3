/** Parts of an agent's status, for tests of what tells them. */
import type { StatusParts } from "../../../agent-image/agent/status/status-board.ts";
import type { EtcdHealth, UnitStatus } from "../../../controller/model/agent-api.ts";

export const STOPPED: UnitStatus = {
  state: "stopped",
  ready: false,
  pid: null,
  restarts: 0,
  lastExit: null,
};

/** As a new container begins. */
export const FIRST_STATUS: StatusParts = {
  slot: 0,
  taskId: "t",
  instanceId: "i",
  phase: "awaiting-order",
  orderId: null,
  data: { state: "empty" },
  snapshot: null,
  units: { etcd: STOPPED, sshd: STOPPED, jupyter: STOPPED },
  etcd: null,
  hosts: null,
  sshKnownSlots: [],
  storage: { ready: false, message: "" },
  elections: [],
};

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
