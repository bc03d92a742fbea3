/** What the planner may ask for. Each is carried out by one file in act/; none of them decides. */
import type { AgentOrder } from "./agent-api.ts";
import type { DesiredSlots } from "./naming.ts";
import type { ClusterSpec } from "../../crd-schema/spec.ts";
import type { TaskInfo } from "../mesos/wire.ts";

export type Action =
  | { readonly type: "EnsureNetwork"; readonly network: ClusterSpec["network"] }
  | {
      readonly type: "EnsureVolume";
      readonly name: string;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly type: "EnsureProxy"; readonly proxy: ClusterSpec["proxy"] }
  | {
      readonly type: "LaunchTasks";
      readonly slots: readonly number[];
      /** Offers of one Mesos agent, combined. */
      readonly offerIds: readonly string[];
      /** One for each of `slots`, in their order. */
      readonly tasks: readonly TaskInfo[];
    }
  | {
      readonly type: "KillTask";
      readonly taskId: string;
      readonly agentId: string | null;
      readonly reason: string;
    }
  | {
      readonly type: "OrderAgent";
      readonly slot: number;
      readonly taskId: string;
      readonly ip: string;
      readonly order: AgentOrder;
    }
  | { readonly type: "AddLearner"; readonly slot: number; readonly peerUrl: string }
  | { readonly type: "PromoteMember"; readonly slot: number; readonly memberId: string }
  | { readonly type: "RemoveMember"; readonly slot: number | null; readonly memberId: string }
  | {
      readonly type: "MoveLeader";
      readonly fromSlot: number;
      readonly toSlot: number;
      readonly toMemberId: string;
    }
  | { readonly type: "PutDesired"; readonly desired: DesiredSlots };

export type ActionType = Action["type"];
