/**
 * What people are told of a launch that failed on the network: what is wrong on which host, what the
 * controller does about it, and what it could not do.
 */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { Repair } from "../../model/host-task.ts";
import type { ClusterView } from "../view/cluster-view.ts";
import type { NodeView } from "../view/node-view.ts";
import { createCommand } from "./host-commands.ts";

type Network = ClusterSpec["network"];

export interface NetworkTrouble {
  readonly reason: "NetworkMissing" | "NetworkConflict" | "AddressHeld";
  readonly message: string;
}

/** Null: no launch failed on it. */
export function networkTrouble(view: ClusterView): NetworkTrouble | null {
  const waiting = view.nodes.filter((n) => n.desired && n.observedTask?.state !== "TASK_RUNNING");
  return missing(waiting, view) ?? conflicting(waiting, view) ?? held(waiting);
}

function missing(nodes: readonly NodeView[], { spec }: ClusterView): NetworkTrouble | null {
  const repairs = nodes.flatMap(({ memory }) => repairOf(memory.repair, "CreateNetwork"));
  if (repairs.length === 0) return null;
  const { network } = spec;
  const hosts = hostsOf(repairs);
  const [failed] = repairs.filter((r) => r.outcome !== null);
  const what = `Docker on ${hosts} has no network ${network.name}`;
  if (failed === undefined) {
    return { reason: "NetworkMissing", message: `${what}; a Mesos task makes it there.` };
  }
  const message = `${what}, and a Mesos task could not make it on ${failed.hostname}: ${failed.outcome}. Run there: ${createCommand(network, {})}`;
  return { reason: "NetworkMissing", message };
}

/** Docker's words for an address that is none of the network's, old and new. */
const ELSEWHERE =
  /does not belong to any of this network's subnets|no configured subnet contains|configured subnets?\b/i;

/** It was there before, made otherwise: it may be in use, and is not changed. */
function conflicting(nodes: readonly NodeView[], { spec }: ClusterView): NetworkTrouble | null {
  const failed = nodes.filter(({ memory }) => ELSEWHERE.test(memory.lastFailure ?? ""));
  if (failed.length === 0) return null;
  const { name, subnet }: Network = spec.network;
  const hosts = hostsOf(failed.map(({ memory }) => ({ hostname: memory.lastFailureHostname })));
  const message = `The Docker network ${name} on ${hosts} has another subnet than spec.network.subnet, ${subnet}. Choose another spec.network.name, or remove it there with \`docker network rm ${name}\` when nothing uses it.`;
  return { reason: "NetworkConflict", message };
}

function held(nodes: readonly NodeView[]): NetworkTrouble | null {
  const words = nodes.flatMap(({ slot, ip, memory }) =>
    repairOf(memory.repair, "ReleaseAddress").flatMap(({ hostname, outcome }) =>
      outcome === null ? [] : `slot ${slot}: its address ${ip} is held on ${hostname}: ${outcome}`,
    ),
  );
  return words.length === 0 ? null : { reason: "AddressHeld", message: words.join("; ") };
}

function repairOf(repair: Repair | null, work: Repair["work"]): readonly Repair[] {
  return repair?.work === work ? [repair] : [];
}

function hostsOf(places: readonly { readonly hostname: string | null }[]): string {
  return [...new Set(places.map((p) => p.hostname ?? "the agent's host"))].sort().join(", ");
}
