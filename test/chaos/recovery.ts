/** What must be true again once the faults of a group have ended. */
import type { JupyterClusterObject } from "../../controller/model/resource.ts";
import { isTrue } from "../support/e2e/local-cluster.ts";
import type { Effect } from "./faults/fault.ts";
import type { Site } from "./site.ts";

/** A rolling update of five nodes, or a backoff that has grown to its limit of a minute. */
const RECOVERY_MS_MAX = 180_000;
const CONTAINERS_MS_MAX = 10_000;

/**
 * Resolves when the cluster is Ready at its newest generation and past every effect.
 *
 * @throws Error when it takes longer than the bound, naming what it looked like last
 */
export function untilRecovered(
  site: Site,
  effects: readonly Effect[],
): Promise<JupyterClusterObject> {
  const isRecovered = async (now: JupyterClusterObject) => {
    if (!isTrue(now, "Ready") || isTrue(now, "Progressing")) return false;
    if (now.status.observedGeneration !== now.metadata.generation) return false;
    for (const effect of effects) if (!(await effect.isOver(now))) return false;
    return true;
  };
  return site.until("the cluster is Ready and past the faults", isRecovered, RECOVERY_MS_MAX);
}

/** @returns what is wrong, a sentence each */
export async function wrongAfter(
  site: Site,
  before: JupyterClusterObject,
  effects: readonly Effect[],
  after: JupyterClusterObject,
): Promise<string[]> {
  return [
    ...otherLineage(before, after),
    ...replacedWithoutReason(before, effects, after),
    ...(await wrongContainers(site)),
  ];
}

function otherLineage(before: JupyterClusterObject, after: JupyterClusterObject): string[] {
  const [was, is] = [before.status.etcd.clusterId, after.status.etcd.clusterId];
  return was === is ? [] : [`etcd's cluster id was ${was} and is ${is}`];
}

/** A healthy container is left alone. */
function replacedWithoutReason(
  before: JupyterClusterObject,
  effects: readonly Effect[],
  after: JupyterClusterObject,
): string[] {
  const reasons = new Set<number>();
  for (const { replaces } of effects) {
    if (replaces === "all") return [];
    for (const slot of replaces) reasons.add(slot);
  }
  return before.status.nodes.flatMap((was) => {
    const is = after.status.nodes.find((node) => node.slot === was.slot);
    if (reasons.has(was.slot) || is?.taskId === was.taskId) return [];
    return [`slot ${was.slot} was replaced without a reason: ${was.taskId} by ${is?.taskId}`];
  });
}

/** Never two live containers for one slot, and none for a slot that is no more. */
async function wrongContainers(site: Site): Promise<string[]> {
  try {
    await site.until(
      "there is one container for each slot",
      async ({ status }) => (await site.containersOf()).length === status.nodes.length,
      CONTAINERS_MS_MAX,
    );
    return [];
  } catch (error) {
    site.throwIfStopped();
    return [`${(await site.containersOf()).length} containers run; ${String(error)}`];
  }
}
