/** Which command may be carried out on which data, and what it means for the start. Pure. */
import type {
  StartCommand,
  EtcdData,
  EtcdStart,
  UnitStatus,
} from "../../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../../controller/model/agent-refusal.ts";
import { bootstrapClusterId } from "../../../controller/model/bootstrap-ids.ts";
import type { SnapshotRef } from "../../../controller/model/snapshot.ts";
import type { Identity } from "./identity.ts";

/** The part of a start command that is etcd's. */
export type EtcdCommand = Pick<StartCommand, "commandId" | "etcd" | "tls">;

export interface StartFacts {
  readonly data: EtcdData;
  /** The one that was handed over. */
  readonly snapshot: SnapshotRef | null;
  readonly etcd: UnitStatus["state"];
  /** The local member takes part in a cluster that has a leader. */
  readonly hasLeader: boolean;
}

/** @returns null when nothing forbids it */
export function refuse(command: EtcdStart, facts: StartFacts): AgentRefusal | null {
  const { data } = facts;
  const running = refuseWhileRunning(command, facts);
  if (running !== null) return running;
  switch (command.mode) {
    case "join":
      return null;
    case "bootstrap": {
      if (data.state === "empty") return null;
      const own = bootstrapClusterId(command.initialCluster, command.token);
      if (isOf(own, data)) return null;
      return {
        code: "DataPresent",
        message: `the data directory is not empty, and its data is not that of cluster ${own}`,
      };
    }
    case "restore": {
      const { clusterId, snapshot } = command;
      if (snapshot === null || isSame(snapshot, facts.snapshot)) return null;
      if (isOf(clusterId, data)) return null;
      return {
        code: "SnapshotMissing",
        message: `the snapshot of revision ${snapshot.revision} has not been handed over`,
      };
    }
    case "resume":
    case "force-new-cluster":
      return refuseOtherData(command.clusterId, data);
  }
}

/**
 * A member of a live cluster is not disturbed. One without a leader may be told anew: that is how
 * a lost quorum is recovered without another container.
 */
function refuseWhileRunning(
  command: EtcdStart,
  { etcd, hasLeader }: StartFacts,
): AgentRefusal | null {
  if (etcd === "stopped" || etcd === "exited" || etcd === "backoff") return null;
  const recovers = command.mode !== "bootstrap" && command.mode !== "resume";
  if (recovers && !hasLeader) return null;
  return { code: "EtcdRunning", message: "etcd runs under an earlier command" };
}

function refuseOtherData(clusterId: string | null, data: EtcdData): AgentRefusal | null {
  if (data.state === "empty") {
    return { code: "DataMissing", message: "the data directory is empty" };
  }
  if (data.state === "corrupt") {
    return { code: "DataMissing", message: `the data cannot be used: ${data.reason}` };
  }
  if (clusterId !== null && data.clusterId !== null && clusterId !== data.clusterId) {
    const message = `the data is of cluster ${data.clusterId}, not of ${clusterId}`;
    return { code: "ClusterIDMismatch", message };
  }
  return null;
}

export interface StartPlan {
  /** Remove what is there first. */
  readonly wipe: boolean;
  /** Put what this snapshot holds in the place of what is there. */
  readonly restore: SnapshotRef | null;
  /** Pass `--force-new-cluster`. */
  readonly force: boolean;
}

const JUST_START: StartPlan = { wipe: false, restore: null, force: false };

/** A command that comes again to a new container must not undo what it did in the old one. */
export function planStart(
  command: EtcdCommand,
  data: EtcdData,
  identity: Identity | null,
): StartPlan {
  const { commandId, etcd } = command;
  switch (etcd.mode) {
    case "bootstrap":
    case "resume":
      return JUST_START;
    case "join":
      return { ...JUST_START, wipe: data.state !== "empty" && !isMember(etcd.memberId, data) };
    case "force-new-cluster": {
      const done = identity?.forcedBy === commandId && isMember(identity.memberId, data);
      return { ...JUST_START, force: !done };
    }
    case "restore":
      if (isOf(etcd.clusterId, data)) return JUST_START;
      if (etcd.snapshot !== null) return { ...JUST_START, restore: etcd.snapshot };
      return { ...JUST_START, wipe: data.state !== "empty" };
  }
}

function isOf(clusterId: string, data: EtcdData): boolean {
  return data.state === "present" && data.clusterId === clusterId;
}

function isMember(memberId: string, data: EtcdData): boolean {
  return data.state === "present" && data.memberId === memberId;
}

function isSame(a: SnapshotRef, b: SnapshotRef | null): boolean {
  return a.sha256 === b?.sha256 && a.revision === b.revision;
}
