import type Docker from "dockerode";
import { CHANGE_MS, dockerCall, LOOK_MS } from "./docker-calls.ts";
import { type Labels, labelFilter } from "./labels.ts";

/**
 * Creates the volume with our labels, so that it is found again by them. One that is there, of
 * whatever origin, is taken as it is: its data is what counts. Idempotent.
 */
export async function ensureVolume(docker: Docker, name: string, labels: Labels): Promise<void> {
  await dockerCall(`EnsureVolume ${name}`, CHANGE_MS, (abortSignal) =>
    docker.createVolume({ Name: name, Labels: { ...labels }, abortSignal }),
  );
}

/** Names of the volumes that carry all these labels. */
export async function listVolumes(docker: Docker, labels: Labels): Promise<readonly string[]> {
  const filters = labelFilter(labels);
  const found = await dockerCall("list volumes", LOOK_MS, (abortSignal) =>
    docker.listVolumes({ filters, abortSignal }),
  );
  return (found.Volumes ?? []).map((volume) => volume.Name);
}

/**
 * Removes every volume that carries all these labels, with its data.
 *
 * @returns the names that were removed
 * @throws OperationError ERR_DOCKER_REFUSED naming a volume that a container still uses
 */
export async function removeVolumes(docker: Docker, labels: Labels): Promise<readonly string[]> {
  if (Object.keys(labels).length === 0) throw new Error("no labels: that would be every volume");
  const names = await listVolumes(docker, labels);
  for (const name of names) {
    await dockerCall(`remove volume ${name}`, CHANGE_MS, (abortSignal) =>
      docker.getVolume(name).remove({ abortSignal }),
    );
  }
  return names;
}
