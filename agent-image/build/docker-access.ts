import type Docker from "dockerode";
import { ERROR_CODES, messageOf, OperationError } from "../../controller/model/errors.ts";

const ANSWER_MS_MAX = 5000;

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "This user may not use Docker's socket: run as root or join the group `docker`.",
  ENOENT: "There is no Docker socket: install and start Docker Engine (`npm run prepare-machine`).",
  ECONNREFUSED: "Nobody listens on Docker's socket: start `dockerd` (`npm run prepare-machine`).",
};

/** @throws OperationError DOCKER_UNREACHABLE, with what to do about it */
export async function requireDocker(docker: Docker): Promise<void> {
  try {
    // Any request will do; dockerode's `ping` has no deadline.
    await docker.listContainers({ limit: 1, abortSignal: AbortSignal.timeout(ANSWER_MS_MAX) });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const advice = ADVICE[code] ?? `Docker does not answer: ${messageOf(error)}.`;
    throw new OperationError(ERROR_CODES.DOCKER_UNREACHABLE, "BuildAgentImage", advice, {
      cause: error,
    });
  }
}

export async function imageExists(docker: Docker, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}
