import type Docker from "dockerode";
import type { HoldingOwner } from "../model/holdings.ts";
import { CHANGE_MS, dockerCall, LOOK_MS } from "./docker-calls.ts";
import { type Labels, labelFilter, ownerOf } from "./labels.ts";

export interface OwnedVolume {
  readonly name: string;
  readonly owner: HoldingOwner | null;
}

/**
 * Creates the volume with our labels, so that it is found again by them. One that is there stays
 * as it is. Idempotent.
 *
 * @returns whose the volume is: another's, when somebody else has made it
 */
export async function ensureVolume(
  docker: Docker,
  name: string,
  labels: Labels,
): Promise<HoldingOwner | null> {
  const operation = `EnsureVolume ${name}`;
  await dockerCall(operation, CHANGE_MS, (abortSignal) =>
    docker.createVolume({ Name: name, Labels: { ...labels }, abortSignal }),
  );
  const found = await dockerCall(operation, LOOK_MS, (abortSignal) =>
    docker.getVolume(name).inspect({ abortSignal }),
  );
  return ownerOf(found.Labels);
}

/** The volumes that carry all these labels. */
export function listVolumes(docker: Docker, labels: Labels): Promise<readonly OwnedVolume[]> {
  return list(docker, labelFilter(labels));
}

/** @param name what the volumes' names have in them */
export function listVolumesNamed(docker: Docker, name: string): Promise<readonly OwnedVolume[]> {
  return list(docker, { name: [name] });
}

/**
 * Removes every volume that carries all these labels and is ours, with its data.
 *
 * @returns the names that were removed
 * @throws OperationError ERR_DOCKER_REFUSED naming a volume that a container still uses
 */
export async function removeVolumes(
  docker: Docker,
  labels: Labels,
  isOurs: (volume: OwnedVolume) => boolean = () => true,
): Promise<readonly string[]> {
  if (Object.keys(labels).length === 0) throw new Error("no labels: that would be every volume");
  const names = (await listVolumes(docker, labels)).filter(isOurs).map(({ name }) => name);
  for (const name of names) {
    await dockerCall(`remove volume ${name}`, CHANGE_MS, (abortSignal) =>
      docker.getVolume(name).remove({ abortSignal }),
    );
  }
  return names;
}

async function list(
  docker: Docker,
  filters: Record<string, string[]>,
): Promise<readonly OwnedVolume[]> {
  const found = await dockerCall("list volumes", LOOK_MS, (abortSignal) =>
    docker.listVolumes({ filters, abortSignal }),
  );
  return (found.Volumes ?? []).map(({ Name, Labels }) => ({ name: Name, owner: ownerOf(Labels) }));
}
