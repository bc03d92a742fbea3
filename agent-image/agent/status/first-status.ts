/** What an agent says of itself when it has begun and done nothing yet. */
import { AGENT_API_VERSIONS, RELEASE } from "../../../controller/model/release.ts";
import type { UnitStatus } from "../../../controller/model/agent-api.ts";
import type { StatusParts } from "./status-board.ts";

export const STOPPED: UnitStatus = {
  state: "stopped",
  ready: false,
  pid: null,
  restarts: 0,
  lastExit: null,
  silent: null,
  wedged: null,
};

export type NodeIdentity = Pick<StatusParts, "slot" | "taskId" | "instanceId">;

export function firstStatus({ slot, taskId, instanceId }: NodeIdentity): StatusParts {
  return {
    release: RELEASE,
    apiVersions: AGENT_API_VERSIONS,
    slot,
    taskId,
    instanceId,
    phase: "awaiting-start",
    commandId: null,
    data: { state: "empty" },
    snapshot: null,
    units: { etcd: STOPPED, sshd: STOPPED, jupyter: STOPPED },
    etcd: null,
    hosts: null,
    sshKnownSlots: [],
    storage: { ready: false, message: "not probed yet" },
    certificateNotAfter: null,
    memory: null,
    disk: null,
    kernels: null,
    elections: [],
  };
}
