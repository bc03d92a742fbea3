/** What of this machine's Docker Engine a cluster may not use yet, as it is there at this moment. */
import type Docker from "dockerode";
import { listClusterContainers } from "../docker/containers.ts";
import { observeHoldings } from "../docker/holdings.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { adoptCommand, type Foreign, foreignAmong, ownersOf } from "../model/holdings.ts";
import type { OwnerUid } from "../model/ids.ts";
import { isTaskOf } from "../model/ids.ts";
import type { ClusterMemory } from "../model/memory.ts";

const AT_WORK: ReadonlySet<string> = new Set(["running", "paused", "restarting"]);
const ID_LENGTH = 12;

/**
 * @param docker null: the containers run on other machines' engines
 * @throws OperationError ERR_CONTROLLER_REFUSED where nothing of this can be known
 */
export async function lookAtForeign(
  docker: Docker | null,
  { cluster, ...memory }: ClusterMemory,
): Promise<Foreign> {
  if (docker === null) {
    const message =
      "The volumes are on the engines of the Mesos agents: whose they are is looked at with " +
      "--mesos local alone, and there is nothing to take over here.";
    throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "adopt", message);
  }
  const { namespace, name } = cluster.metadata;
  const [holdings, containers] = await Promise.all([
    observeHoldings(docker, cluster),
    listClusterContainers(docker, { namespace, cluster: name }),
  ]);
  const others = containers.filter(
    ({ taskId, state }) =>
      AT_WORK.has(state) && (taskId === null || !isTaskOf(taskId, cluster.metadata, memory.uid)),
  );
  return {
    holdings: foreignAmong(holdings, { cluster, ...memory }),
    containers: others.map(({ id }) => id.slice(0, ID_LENGTH)),
  };
}

/**
 * Two that run on the same data would spoil it; and what a person has agreed to must be what there
 * is.
 *
 * @throws OperationError ERR_FOREIGN_OWNER
 */
export function requireAdoptable(
  { holdings, containers }: Foreign,
  owners: readonly OwnerUid[],
  { cluster: { metadata } }: Pick<ClusterMemory, "cluster">,
): void {
  const refuse = (message: string) => {
    throw new OperationError(ERROR_CODES.FOREIGN_OWNER, "adopt", message);
  };
  if (containers.length > 0) {
    refuse(
      "Containers of the other cluster are at work on it. End its controller with `down`; if " +
        "nobody's controller runs it any more: " +
        `\`docker rm -f ${containers.join(" ")} && ${adoptCommand(metadata)}\`.`,
    );
  }
  const there = ownersOf(holdings);
  const gone = owners.filter((uid) => !there.includes(uid));
  if (gone.length === 0) return;
  refuse(`Nothing here belongs to ${gone.map((uid) => uid ?? "nobody").join(", ")} (any more).`);
}
