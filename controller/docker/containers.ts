/** Containers of the clusters on this machine, found by their labels alone. */
import type Docker from "dockerode";
import type { ContainerInfo } from "dockerode";
import { LABELS } from "../model/ids.ts";
import { CHANGE_MS, dockerCall, LOOK_MS } from "./docker-calls.ts";
import { type Labels, labelFilter } from "./labels.ts";

export interface ClusterContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly namespace: string;
  readonly cluster: string;
  /** Null for a container that does not belong to a slot. */
  readonly slot: number | null;
  readonly taskId: string | null;
  /** `running`, `exited`, `created`, … */
  readonly state: string;
  readonly running: boolean;
  /** Address on its (first) network; null while it has none. */
  readonly ip: string | null;
}

/** Leave out what shall not restrict the list. */
export interface ClusterScope {
  readonly namespace?: string;
  readonly cluster?: string;
}

/** All containers of JupyterClusters, running or not, in the order of slots. */
export async function listClusterContainers(
  docker: Docker,
  scope: ClusterScope = {},
): Promise<readonly ClusterContainer[]> {
  const wanted: Labels = {
    ...(scope.namespace === undefined ? {} : { [LABELS.namespace]: scope.namespace }),
    ...(scope.cluster === undefined ? {} : { [LABELS.cluster]: scope.cluster }),
  };
  // A filter on the bare key finds the containers of every cluster.
  const filters = { label: [LABELS.cluster, ...labelFilter(wanted).label] };
  const found = await dockerCall("list containers", LOOK_MS, (abortSignal) =>
    docker.listContainers({ all: true, filters, abortSignal }),
  );
  return found.map(asClusterContainer).toSorted((a, b) => (a.slot ?? -1) - (b.slot ?? -1));
}

/**
 * @param signal e.g. `SIGKILL`
 * @throws OperationError ERR_NOT_FOUND, or ERR_DOCKER_REFUSED for one that does not run
 */
export async function killContainer(docker: Docker, id: string, signal: string): Promise<void> {
  await dockerCall(`kill container ${id.slice(0, 12)}`, CHANGE_MS, (abortSignal) =>
    docker.getContainer(id).kill({ signal, abortSignal }),
  );
}

/** Removes it, running or not, with its anonymous volumes. One that is gone is removed. */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  const operation = `remove container ${id.slice(0, 12)}`;
  await dockerCall(operation, CHANGE_MS, async (abortSignal) => {
    try {
      await docker.getContainer(id).remove({ force: true, v: true, abortSignal });
    } catch (error) {
      if ((error as { statusCode?: unknown }).statusCode !== 404) throw error;
    }
  });
}

/** The environment that the container was made with. */
export async function containerEnv(
  docker: Docker,
  id: string,
): Promise<ReadonlyMap<string, string>> {
  const found = await dockerCall(`inspect container ${id.slice(0, 12)}`, LOOK_MS, (abortSignal) =>
    docker.getContainer(id).inspect({ abortSignal }),
  );
  return new Map(found.Config.Env.map(splitVariable));
}

function splitVariable(text: string): [string, string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

function asClusterContainer(info: ContainerInfo): ClusterContainer {
  const { Labels: labels } = info;
  const slot = Number.parseInt(labels[LABELS.slot] ?? "", 10);
  const [network] = Object.values(info.NetworkSettings?.Networks ?? {});
  return {
    id: info.Id,
    name: (info.Names[0] ?? info.Id).replace(/^\//, ""),
    namespace: labels[LABELS.namespace] ?? "",
    cluster: labels[LABELS.cluster] ?? "",
    slot: Number.isNaN(slot) ? null : slot,
    taskId: labels[LABELS.task] ?? null,
    state: info.State,
    running: info.State === "running",
    ip: network?.IPAddress || null,
  };
}
