/**
 * Docker's engine at times keeps an endpoint whose container is gone: after a crash, or when a network
 * driver refused to let go of it. Its address stays taken until the endpoint is disconnected by force.
 * Not every endpoint without a container is such a one: each host of a Swarm has one for its load balancer.
 */
import type Docker from "dockerode";
import type { NetworkInspectInfo } from "dockerode";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { HELD_BY_DOCKER_ITSELF, HELD_BY_SWARM } from "../model/host-task.ts";
import { CHANGE_MS, dockerCall, LOOK_MS } from "./docker-calls.ts";

interface Endpoint {
  /** Its container's id; `ep-…` where the engine knows none; `lb-…` and others are the engine's own. */
  readonly key: string;
  /** As its container's. */
  readonly name: string;
}

const CONTAINER_ID = /^[0-9a-f]{64}$/;

/**
 * Whoever holds the address by right is named and left alone.
 *
 * @throws OperationError ERR_ADDRESS_HELD: a container has it, or nothing that this engine could let go
 */
export async function releaseAddress(
  docker: Docker,
  networkName: string,
  ip: string,
): Promise<void> {
  const operation = `release ${ip} of network ${networkName}`;
  const network = docker.getNetwork(networkName);
  const found: NetworkInspectInfo = await dockerCall(operation, LOOK_MS, () => network.inspect());
  const endpoint = endpointOf(found, ip);
  if (endpoint === null) {
    const store = `it is in the store of the address management driver ${found.IPAM?.Driver ?? "default"}`;
    const holder = found.Scope === "swarm" ? HELD_BY_SWARM : store;
    throw held(
      operation,
      `No container of this host and no endpoint that its Docker knows of has ${ip}: ${holder}.`,
    );
  }
  const isNobodys = endpoint.key.startsWith("ep-");
  if (!isNobodys && !CONTAINER_ID.test(endpoint.key)) {
    throw held(operation, `The endpoint ${endpoint.name} has ${ip}: ${HELD_BY_DOCKER_ITSELF}.`);
  }
  // A container that is about to start may have an endpoint that does not say so yet.
  const container = isNobodys ? endpoint.name : endpoint.key;
  const whose = await describeContainer(docker, container, operation);
  if (whose !== null) throw held(operation, `Container ${whose} has ${ip}.`);
  if (found.Scope !== "local" && isNobodys) {
    const command = `docker network disconnect --force ${networkName} ${endpoint.name}`;
    throw held(
      operation,
      `The endpoint ${endpoint.name} has ${ip}, which may be another host's; when no host runs such a container: ${command}`,
    );
  }
  await dockerCall(operation, CHANGE_MS, (abortSignal) =>
    network.disconnect({ Container: endpoint.name, Force: true, abortSignal }),
  );
}

function endpointOf({ Containers }: NetworkInspectInfo, ip: string): Endpoint | null {
  for (const [key, { Name: name, IPv4Address }] of Object.entries(Containers ?? {})) {
    if (IPv4Address.split("/")[0] === ip) return { key, name };
  }
  return null;
}

/** Null: the engine has no such container. */
async function describeContainer(
  docker: Docker,
  idOrName: string,
  operation: string,
): Promise<string | null> {
  try {
    const { Name, Config, State } = await dockerCall(operation, LOOK_MS, (abortSignal) =>
      docker.getContainer(idOrName).inspect({ abortSignal }),
    );
    return `${Name.replace(/^\//, "")} (${Config.Image}, ${State.Status})`;
  } catch (error) {
    if (error instanceof OperationError && error.code === ERROR_CODES.NOT_FOUND) return null;
    throw error;
  }
}

function held(operation: string, message: string): OperationError {
  return new OperationError(ERROR_CODES.ADDRESS_HELD, operation, message);
}
