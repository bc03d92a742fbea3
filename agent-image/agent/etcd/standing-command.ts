/** What the order that a node was launched with comes to, once its data was looked at. */
import type { EtcdData, NodeConfig } from "../../../controller/model/agent-api.ts";
import { memberNameOf } from "../../../controller/model/ids.ts";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import type { EtcdCommand } from "./start-rules.ts";

/** The start command that confirms the order brings another certificate; milliseconds until then. */
const TLS_LEFT_MS_MIN = 3600 * 1000;

export interface StandingFacts {
  readonly data: EtcdData;
  readonly tls: TlsIdentity | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** @returns the command, or in words why the node waits to be told */
export function standingCommand(
  { slot, etcd, resume }: Pick<NodeConfig, "slot" | "etcd" | "resume">,
  { data, tls, now }: StandingFacts,
): EtcdCommand | string {
  if (resume === undefined) return "there is no order";
  const { commandId, clusterId, memberId, notAfter } = resume;
  if (now >= notAfter) return "the order is too old";
  if (data.state !== "present") return `the data is ${data.state}`;
  if (data.clusterId !== clusterId || data.memberId !== memberId) {
    return `the data is that of member ${data.memberId} of cluster ${data.clusterId}`;
  }
  if (etcd.tls && (tls === null || now >= tls.notAfter - TLS_LEFT_MS_MIN)) {
    return "no certificate of the last container is left";
  }
  return {
    commandId,
    etcd: { mode: "resume", memberName: memberNameOf(slot), clusterId },
    tls: etcd.tls ? tls : null,
  };
}
