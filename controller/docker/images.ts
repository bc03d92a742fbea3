import type Docker from "dockerode";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ObservedImage } from "../model/observed.ts";
import { dockerCall, LOOK_MS } from "./docker-calls.ts";

/** Whether the engine has the image; nothing is pulled. */
export async function observeImage(docker: Docker, reference: string): Promise<ObservedImage> {
  try {
    await dockerCall(`inspect image ${reference}`, LOOK_MS, () =>
      docker.getImage(reference).inspect(),
    );
    return { state: "present", reference };
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== ERROR_CODES.NOT_FOUND) throw error;
    return { state: "absent", reference };
  }
}
