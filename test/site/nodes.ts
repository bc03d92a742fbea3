/** The nodes of a site's cluster: on which hosts, in which containers and at which addresses they are. */
import { LABELS } from "../../controller/model/ids.ts";
import type { JupyterClusterObject, NodeStatus } from "../../controller/model/resource.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import type { AgentHost, RunningContainer } from "./machine/agent-host.ts";
import { execIn } from "./machine/exec.ts";
import type { Site } from "./site.ts";

/** Connects to the etcd of another node, by its peers' port. */
const DIAL =
  "import socket,sys; socket.create_connection((sys.argv[1], 2380), 5); print('connected')";

export function hostOf(site: Site, node: NodeStatus): AgentHost {
  return site.agent(node.hostname ?? "");
}

/** As it is now: a killed one is followed by another. */
export async function containerOf(site: Site, { slot }: NodeStatus): Promise<RunningContainer> {
  const found = (await site.containers()).find(({ labels }) => labels[LABELS.slot] === `${slot}`);
  if (found === undefined) throw new Error(`slot ${slot} has no container`);
  return found;
}

/** A line a slot. */
export function addressesOf({ status }: JupyterClusterObject): readonly string[] {
  return status.nodes.map(({ slot, ip }) => `${slot} ${ip}`).toSorted();
}

/** Resolves to `connected` when packets pass. */
export async function dial(site: Site, from: NodeStatus, to: NodeStatus): Promise<string> {
  return execIn(await containerOf(site, from), ["python3", "-c", DIAL, to.ip]);
}

/** All places taken, by a task that was not the node's before, and nothing under way. */
export function untilReplaced(
  site: Site,
  { slot, taskId }: NodeStatus,
  timeoutMs: number,
): Promise<JupyterClusterObject> {
  const replaced = (o: JupyterClusterObject) => {
    const node = o.status.nodes.find((one) => one.slot === slot);
    return node?.taskId !== taskId && isTrue(o, "Ready") && !isTrue(o, "Progressing");
  };
  return site.controller.until(`slot ${slot} replaced`, replaced, timeoutMs);
}
