/** Carries out one action on the world. It decides nothing: what to do is all in the action. */
import type Docker from "dockerode";
import { agentTarget, type ConnectAgent } from "../agents/connection.ts";
import { sendStartCommand } from "../agents/start-command.ts";
import { type Labels, ownLabels } from "../docker/labels.ts";
import { ensureNetwork, networkOwner } from "../docker/networks.ts";
import { ensureVolume } from "../docker/volumes.ts";
import type { MesosScheduler } from "../mesos/scheduler.ts";
import type { Action } from "../model/action.ts";
import { assertNever, ERROR_CODES, OperationError } from "../model/errors.ts";
import { describeForeign, type Holding, isForeign } from "../model/holdings.ts";
import {
  type ClusterKey,
  clientUrl,
  clusterKey,
  etcdKeys,
  LABELS,
  slotAddress,
} from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Certificates, Clock } from "../model/ports.ts";
import type { ProxySettings } from "../model/proxy-settings.ts";
import type { SnapshotInfo } from "../model/snapshot.ts";
import { writeValue } from "../support/key-values.ts";
import { within } from "../support/within.ts";
import type { CompiledCluster } from "../../crd-schema/spec.ts";
import type { EtcdClients } from "./etcd-clients.ts";
import type { SnapshotTargets } from "./job-work.ts";
import type { Jobs } from "./jobs.ts";

const DELETE_MS_MAX = 10_000;

export interface ActorTargets {
  readonly clock: Clock;
  readonly scheduler: Pick<MesosScheduler, "accept" | "kill">;
  /** Null when the containers run on other machines' engines. */
  readonly docker: LocalDocker | null;
  readonly connectAgent: ConnectAgent;
  readonly certificates: Pick<Certificates, "ofNode">;
  readonly etcd: EtcdClients;
  readonly snapshots: SnapshotTargets;
  readonly jobs: Pick<Jobs, "start">;
  /** What is known of etcd's keys is void after a write. */
  readonly keys: { changed(key: ClusterKey): void };
  readonly proxies: { ensure(key: ClusterKey, wanted: ProxySettings): Promise<void> };
}

export interface LocalDocker {
  readonly engine: Docker;
  /** Who runs this controller, and on which state directory: the label of what it makes. */
  readonly createdBy: string;
  /** After something was changed there: look again. */
  refresh(key: ClusterKey): Promise<void>;
}

/** Every call behind it has its own deadline. Throws OperationError. */
export async function perform(
  action: Action,
  memory: ClusterMemory,
  targets: ActorTargets,
): Promise<void> {
  const ref = memory.cluster.metadata;
  const key = clusterKey(ref);
  const etcd = () => targets.etcd.for(key);
  switch (action.type) {
    case "EnsureNetwork":
      return ensureNetworkHere(action, memory, localDocker(action, targets));
    case "EnsureVolume": {
      const docker = localDocker(action, targets);
      const { name, dataOf: slot } = action;
      const labels = { ...action.labels, ...by(docker) };
      const owner = await ensureVolume(docker.engine, name, labels);
      const holding =
        slot === null ? ({ kind: "shared" } as const) : { kind: "data" as const, slot };
      return refuseForeign(action, { ...holding, name, owner }, memory);
    }
    case "EnsureProxy":
      return targets.proxies.ensure(key, action.proxy);
    case "LaunchTasks":
      return targets.scheduler.accept(action.offerIds, action.tasks);
    case "RunHostTask":
      return targets.scheduler.accept(action.offerIds, [action.task]);
    case "KillTask":
      return targets.scheduler.kill(action.taskId, action.agentId);
    case "StartEtcd": {
      const agent = { ...agentTarget(action.ip, memory), connect: targets.connectAgent };
      const tls = targets.certificates.ofNode(memory, action.slot);
      return sendStartCommand(agent, { ...action.command, tls }, targets.clock);
    }
    case "AddLearner":
      await etcd().addLearner(action.peerUrl);
      return;
    case "PromoteMember":
      return etcd().promoteMember(action.memberId);
    case "RemoveMember":
      return etcd().removeMember(action.memberId);
    case "MoveLeader":
      return etcd().moveLeader(clientUrlOf(action.fromSlot, memory), action.toMemberId);
    case "PutDesired":
      await etcd().put(etcdKeys(ref).desired, writeValue(action.desired));
      return targets.keys.changed(key);
    case "DisableAuth":
      await etcd().disableAuth();
      return targets.keys.changed(key);
    case "Compact":
      return etcd().compact(action.revision);
    case "DisarmAlarm":
      return etcd().disarmAlarm(action.memberId, action.alarm);
    case "DeleteSnapshots":
      return deleteSnapshots(action.snapshots, memory.cluster, targets.snapshots);
    case "SaveSnapshot":
    case "SendSnapshot":
    case "Defragment":
    case "EndOrphan":
    case "ReleaseAddress":
      targets.jobs.start(action, memory);
      return;
    default:
      return assertNever(action);
  }
}

async function ensureNetworkHere(
  action: Extract<Action, { type: "EnsureNetwork" }>,
  memory: ClusterMemory,
  docker: LocalDocker,
): Promise<void> {
  const { metadata } = memory.cluster;
  const { name } = action.network;
  const labels = { ...ownLabels({ metadata, uid: memory.uid }), ...by(docker) };
  await ensureNetwork(docker.engine, action.network, labels);
  const owner = await networkOwner(docker.engine, name);
  await docker.refresh(clusterKey(metadata));
  if (owner !== "absent") refuseForeign(action, { kind: "network", name, owner }, memory);
}

function clientUrlOf(slot: number, { cluster }: ClusterMemory): string {
  const { network, etcd } = cluster.spec;
  return clientUrl(slotAddress(network.firstAddress, slot), etcd);
}

function localDocker({ type }: Action, { docker }: ActorTargets): LocalDocker {
  if (docker !== null) return docker;
  throw new Error(`${type} where the containers run on other machines' engines`);
}

function by({ createdBy }: LocalDocker): Labels {
  return { [LABELS.createdBy]: createdBy };
}

/** Somebody was quicker since it was looked at: then nothing is launched on it. */
function refuseForeign({ type }: Action, holding: Holding, memory: ClusterMemory): void {
  if (!isForeign(holding, memory)) return;
  const message = describeForeign([holding], memory.cluster.metadata);
  throw new OperationError(ERROR_CODES.FOREIGN_OWNER, `${type} ${holding.name}`, message);
}

/** The directory may be on another machine, which may not answer. */
async function deleteSnapshots(
  snapshots: readonly SnapshotInfo[],
  cluster: CompiledCluster,
  targets: SnapshotTargets,
): Promise<void> {
  await within(DELETE_MS_MAX, "DeleteSnapshots", targets.of(cluster).remove(snapshots));
  await targets.refresh(cluster);
}
