/** The container network of a cluster on this machine's Docker Engine. */
import type Docker from "dockerode";
import type { NetworkInspectInfo } from "dockerode";
import type { ClusterSpec } from "../../crd-schema/spec.ts";
import { parseSubnet, subnetText } from "../../crd-schema/values/ipv4.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ObservedNetwork } from "../model/observed.ts";
import { CHANGE_MS, dockerCall, engineWords, LOOK_MS } from "./docker-calls.ts";
import type { HoldingOwner } from "../model/holdings.ts";
import { carriesAll, type Labels, ownerOf } from "./labels.ts";
import { holderAmongInterfaces, holderAmongNetworks, type SubnetHolder } from "./subnet-holders.ts";

/** Milliseconds: Docker looks for a driver that it does not know for 15 s. */
const CREATE_MS = 25_000;

type WantedNetwork = ClusterSpec["network"];

/** A conflict is told before anything is created. */
export async function observeNetwork(
  docker: Docker,
  wanted: WantedNetwork,
): Promise<ObservedNetwork> {
  const networks = await listNetworks(docker, `observe network ${wanted.name}`);
  const existing = networks.find((network) => network.Name === wanted.name);
  if (existing !== undefined) {
    const message = mismatch(existing, wanted);
    if (message !== null) return { state: "conflict", message };
    return { state: "present", subnet: wanted.subnet };
  }
  const holder = holderOf(docker, wanted, networks);
  if (holder === null) return { state: "absent" };
  return { state: "conflict", message: subnetTaken(wanted, holder) };
}

/**
 * Idempotent. A network that is there and fits is used as it is.
 *
 * @throws OperationError ERR_NETWORK_CONFLICT when the name or the subnet is taken
 */
export async function ensureNetwork(
  docker: Docker,
  wanted: WantedNetwork,
  labels: Labels,
): Promise<void> {
  const operation = `EnsureNetwork ${wanted.name}`;
  const found = await observeNetwork(docker, wanted);
  if (found.state === "present") return;
  if (found.state === "conflict") throw conflict(operation, found.message);
  try {
    await dockerCall(operation, CREATE_MS, (abortSignal) =>
      docker.createNetwork({
        Name: wanted.name,
        CheckDuplicate: true,
        Driver: wanted.driver,
        IPAM: { Driver: wanted.ipamDriver, Config: [{ Subnet: wanted.subnet }] },
        Options: { ...wanted.options },
        // Without it an overlay network is for Swarm's own services alone.
        ...(wanted.driver === "overlay" ? { Attachable: true } : {}),
        Labels: { ...labels },
        abortSignal,
      }),
    );
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    // Somebody was quicker between the look and the creation.
    const now = await observeNetwork(docker, wanted);
    if (now.state === "present") return;
    if (now.state === "conflict") throw conflict(operation, now.message, error);
    throw refused(operation, wanted, error);
  }
}

/** No Docker network and no interface of this machine has addresses of it. */
export async function isSubnetFree(docker: Docker, cidr: string): Promise<boolean> {
  const networks = await listNetworks(docker, `look for ${cidr}`);
  return holderAmongNetworks(cidr, networks, "") === null && holderAmongInterfaces(cidr) === null;
}

/** Whose the network of this name is; null: no cluster's. */
export async function networkOwner(
  docker: Docker,
  name: string,
): Promise<HoldingOwner | null | "absent"> {
  const networks = await listNetworks(docker, `observe network ${name}`);
  const found = networks.find((network) => network.Name === name);
  return found === undefined ? "absent" : ownerOf(found.Labels);
}

/**
 * Removes the network when it carries these labels, is ours and no container is attached to it.
 *
 * @returns whether it is gone; false when it is not ours or is in use
 */
export async function removeNetwork(
  docker: Docker,
  name: string,
  labels: Labels,
  isOurs: (owner: HoldingOwner | null) => boolean = () => true,
): Promise<boolean> {
  const operation = `remove network ${name}`;
  const network = docker.getNetwork(name);
  try {
    const found: NetworkInspectInfo = await dockerCall(operation, LOOK_MS, () => network.inspect());
    if (!carriesAll(found.Labels, labels) || !isOurs(ownerOf(found.Labels))) return false;
    if (Object.keys(found.Containers ?? {}).length > 0) return false;
    await dockerCall(operation, CHANGE_MS, (abortSignal) => network.remove({ abortSignal }));
    return true;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    if (error.code === ERROR_CODES.NOT_FOUND) return true;
    if (/active endpoints/.test(error.message)) return false;
    throw error;
  }
}

function listNetworks(docker: Docker, operation: string): Promise<NetworkInspectInfo[]> {
  return dockerCall(operation, LOOK_MS, (abortSignal) => docker.listNetworks({ abortSignal }));
}

function holderOf(
  docker: Docker,
  wanted: WantedNetwork,
  networks: readonly NetworkInspectInfo[],
): SubnetHolder | null {
  const network = holderAmongNetworks(wanted.subnet, networks, wanted.name);
  if (network !== null || wanted.driver !== "bridge" || !isLocal(docker)) return network;
  return holderAmongInterfaces(wanted.subnet);
}

/** Only then are the interfaces of this machine those that the network would meet. */
function isLocal(docker: Docker): boolean {
  return (docker.modem as { socketPath?: unknown }).socketPath !== undefined;
}

/** Why the network that bears the name cannot serve; null: it can. */
function mismatch(existing: NetworkInspectInfo, wanted: WantedNetwork): string | null {
  const has = (existing.IPAM?.Config ?? []).map((c) => c.Subnet ?? "").filter((s) => s !== "");
  const remedy =
    `Choose another spec.network.name, or remove it with ` +
    `\`docker network rm ${existing.Name}\` when nothing uses it.`;
  if (existing.Driver !== wanted.driver) {
    return (
      `The Docker network ${existing.Name} has driver ${existing.Driver}, ` +
      `spec.network.driver is ${wanted.driver}. ${remedy}`
    );
  }
  if (has.some((subnet) => canonical(subnet) === canonical(wanted.subnet))) return null;
  return (
    `The Docker network ${existing.Name} has subnet ${has.join(", ") || "none"}, ` +
    `spec.network.subnet is ${wanted.subnet}. ${remedy}`
  );
}

function subnetTaken(wanted: WantedNetwork, holder: SubnetHolder): string {
  return (
    `Subnet ${wanted.subnet} of network ${wanted.name} overlaps with ${holder.subnet} of ` +
    `${holder.kind} ${holder.name}${holder.madeBy}. Choose another spec.network.subnet and firstAddress` +
    (holder.kind === "interface" ? "." : `, or remove ${holder.name}.`)
  );
}

function canonical(cidr: string): string {
  const subnet = parseSubnet(cidr);
  return subnet === null ? cidr : subnetText(subnet);
}

function conflict(operation: string, message: string, cause?: unknown): OperationError {
  return new OperationError(ERROR_CODES.NETWORK_CONFLICT, operation, message, { cause });
}

/** The engine's own reasons: an overlap it alone knows of, a driver that it does not have. */
function refused(operation: string, wanted: WantedNetwork, error: OperationError): OperationError {
  const words = engineWords(error.cause);
  if (/overlaps/i.test(words)) {
    const message =
      `Docker cannot give subnet ${wanted.subnet} to network ${wanted.name}: ${words}. ` +
      `Choose another spec.network.subnet and firstAddress.`;
    return conflict(operation, message, error);
  }
  if (/plugin|driver/i.test(words)) {
    const message =
      `Docker cannot make network ${wanted.name} with driver ${wanted.driver} and ` +
      `ipamDriver ${wanted.ipamDriver}: ${words}. Install the driver or choose another.`;
    return new OperationError(ERROR_CODES.DOCKER_REFUSED, operation, message, { cause: error });
  }
  return error;
}
