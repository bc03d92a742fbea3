/** What the planner may ask for. Each is carried out by one file in act/; none of them decides. */
import type { StartCommand, EtcdAlarm } from "./agent-api.ts";
import type { DesiredSlots } from "./naming.ts";
import type { ClusterSpec } from "../../crd-schema/spec.ts";
import type { SnapshotInfo } from "./snapshot.ts";
import type { TaskInfo } from "../mesos/wire.ts";
import type { ProxySettings } from "./proxy-settings.ts";

export type Action =
  | { readonly type: "EnsureNetwork"; readonly network: ClusterSpec["network"] }
  | {
      readonly type: "EnsureVolume";
      readonly name: string;
      /** The slot whose data it holds; null: shared by all. */
      readonly dataOf: number | null;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly type: "EnsureProxy"; readonly proxy: ProxySettings }
  | {
      readonly type: "LaunchTasks";
      readonly slots: readonly number[];
      /** Offers of one Mesos agent, combined. */
      readonly offerIds: readonly string[];
      /** One for each of `slots`, in their order. */
      readonly tasks: readonly TaskInfo[];
    }
  /** A command on an agent's host (host-task.ts), which is no node. */
  | {
      readonly type: "RunHostTask";
      readonly offerIds: readonly string[];
      readonly task: TaskInfo;
    }
  | {
      readonly type: "KillTask";
      readonly taskId: string;
      readonly agentId: string | null;
      readonly reason: string;
    }
  | {
      readonly type: "StartEtcd";
      readonly slot: number;
      readonly taskId: string;
      readonly ip: string;
      /** Without what the node proves itself with, which is issued when it is sent. */
      readonly command: Omit<StartCommand, "tls">;
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
  | { readonly type: "PutDesired"; readonly desired: DesiredSlots }
  /** Switches etcd's own authentication off. */
  | { readonly type: "DisableAuth" }
  /** Removes from etcd's history what is older than `revision`; no key is lost. */
  | { readonly type: "Compact"; readonly revision: number }
  | { readonly type: "DisarmAlarm"; readonly memberId: string; readonly alarm: EtcdAlarm["alarm"] }
  | { readonly type: "DeleteSnapshots"; readonly snapshots: readonly SnapshotInfo[] }
  | JobAction;

/**
 * What may take longer than a reconcile may: it is started, and seen in `Observed.jobs` until it
 * ends.
 */
export type JobAction =
  | {
      readonly type: "SaveSnapshot";
      readonly slot: number;
      readonly ip: string;
      /** Number of the operation that it is for. */
      readonly operation: number;
    }
  | {
      readonly type: "SendSnapshot";
      readonly slot: number;
      readonly ip: string;
      readonly snapshot: SnapshotInfo;
    }
  | {
      readonly type: "Defragment";
      readonly slot: number;
      readonly ip: string;
      /** Number of the operation that it is for. */
      readonly operation: number;
    }
  /** Whoever of the slot's `launches` earlier tasks still runs at its address. */
  | {
      readonly type: "EndOrphan";
      readonly slot: number;
      readonly ip: string;
      readonly launches: number;
    }
  /** An address that a launch found taken, on this machine's engine. */
  | {
      readonly type: "ReleaseAddress";
      readonly slot: number;
      readonly ip: string;
      readonly network: string;
    };

/** At most one job of a key runs at a time in a cluster. */
export function jobKey({ type, slot }: Pick<JobAction, "type" | "slot">): string {
  return type === "SaveSnapshot" ? type : `${type} slot ${slot}`;
}

export type ActionType = Action["type"];
