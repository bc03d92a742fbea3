/** The engine's images. Nothing is pulled here. */
import type Docker from "dockerode";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ObservedImage } from "../model/observed.ts";
import { dockerCall, LOOK_MS } from "./docker-calls.ts";

export async function imageExists(docker: Docker, reference: string): Promise<boolean> {
  try {
    await dockerCall(`inspect image ${reference}`, LOOK_MS, () =>
      docker.getImage(reference).inspect(),
    );
    return true;
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== ERROR_CODES.NOT_FOUND) throw error;
    return false;
  }
}

export async function observeImage(docker: Docker, reference: string): Promise<ObservedImage> {
  return { state: (await imageExists(docker, reference)) ? "present" : "absent", reference };
}
