/** A command in a node whose container is on this machine's Docker Engine. */
import type Docker from "dockerode";
import { NODE_CONFIG_ENV } from "../model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ClusterRef } from "../model/ids.ts";
import { containerEnv } from "./containers.ts";
import { type ExecStreams, interactiveExec } from "./interactive-exec.ts";
import { nodeContainer } from "./node-container.ts";

export interface NodeCommand {
  readonly cluster: { readonly metadata: ClusterRef };
  readonly node: { readonly slot: number; readonly hostname: string | null };
  readonly command: readonly string[];
  /** Null: the nodes' own user. */
  readonly user: string | null;
  readonly signal: AbortSignal;
}

/**
 * @param docker null: the containers run on other machines' engines
 * @returns the command's exit code
 * @throws OperationError ERR_NOT_FOUND, ERR_DOCKER_REFUSED, ERR_DOCKER_UNREACHABLE
 */
export async function execInNode(
  docker: Docker | null,
  { cluster, node, command, user, signal }: NodeCommand,
  streams: ExecStreams,
): Promise<number> {
  const found = await nodeContainer(docker, cluster, node);
  const title = `slot ${node.slot} of ${cluster.metadata.name}`;
  const as = user ?? (await nodeUser(found.docker, found.id, title));
  return interactiveExec(found.docker, found.id, { command, user: as, signal }, streams);
}

/**
 * The container was told at its launch; so this works without the controller too.
 *
 * @param title of the node, for people
 * @throws OperationError ERR_NOT_FOUND
 */
export async function nodeUser(
  docker: Docker,
  containerId: string,
  title: string,
): Promise<string> {
  const env = await containerEnv(docker, containerId);
  const config: unknown = JSON.parse(env.get(NODE_CONFIG_ENV) ?? "null");
  const user = (config as { ssh?: { user?: unknown } } | null)?.ssh?.user;
  if (typeof user === "string") return user;
  const message = `The container of ${title} does not say who its normal user is; name one with --user.`;
  throw new OperationError(ERROR_CODES.NOT_FOUND, "find the user", message);
}
