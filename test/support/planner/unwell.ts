import type { AgentStatus, UnitName, UnitStatus } from "../../../controller/model/agent-api.ts";

/** What an agent says of a node that is not well; the rest is as ever. @param fault of its shared storage */
export function unwell(
  told: AgentStatus,
  changed: Partial<Record<UnitName, Partial<UnitStatus>>> = {},
  fault?: string,
): AgentStatus {
  const { etcd, sshd, jupyter } = told.units;
  const units = {
    etcd: { ...etcd, ...changed.etcd },
    sshd: { ...sshd, ...changed.sshd },
    jupyter: { ...jupyter, ...changed.jupyter },
  };
  const storage = fault === undefined ? told.storage : { ready: false, message: fault };
  return { ...told, units, storage };
}
