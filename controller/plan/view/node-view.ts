/** One slot as a step of the plan sees it: what is desired, remembered and observed of it. */
import type { AgentStatus, EtcdMember } from "../../model/agent-api.ts";
import type { SlotMemory, SlotTask } from "../../model/memory.ts";
import type { ObservedTask } from "../../model/observed.ts";
import type { AgentVersion } from "../../model/release.ts";
import type { DataOwnership } from "./data-ownership.ts";

export interface NodeView {
  readonly slot: number;
  readonly ip: string;
  /** Of its etcd member. */
  readonly peerUrl: string;
  /** The spec asks for this slot. */
  readonly desired: boolean;
  /** The one desired slot that is to have no vote (view/spare-slot.ts); without a spare in the spec no slot is. */
  readonly spare: boolean;
  readonly memory: SlotMemory;
  readonly task: SlotTask | null;
  readonly observedTask: ObservedTask | null;
  /** Only while its stream is fresh. */
  readonly agent: AgentStatus | null;
  /** What its agent says of its release; null: it is not in sight. */
  readonly agentVersion: AgentVersion | null;
  /** It can be heard, and nothing can be agreed on with it: it is not silent, and left as it is. */
  readonly unsupported: boolean;
  /** Its etcd member, when the membership is known. */
  readonly member: EtcdMember | null;
  readonly leads: boolean;
  /** Its container was made from another template than the spec's now. */
  readonly outdated: boolean;
  /** Its etcd ends again and again, for so long that a restart will not mend it. */
  readonly failing: boolean;
  /** What its data is to the cluster. */
  readonly dataOwnership: DataOwnership;
  /** It waits on another machine than the one that has its data: what it says of it is void. */
  readonly misplaced: boolean;
}
