/** The connection to the Docker Engine of this machine, or of DOCKER_HOST. */
import Docker from "dockerode";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";
import { dockerCall, engineAddress, LOOK_MS } from "./docker-calls.ts";

/**
 * Respects DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. Nothing is dialled yet.
 *
 * @throws OperationError ERR_DOCKER_UNREACHABLE when DOCKER_HOST cannot be used
 */
export function connectDocker(): Docker {
  try {
    return new Docker();
  } catch (error) {
    const message = `DOCKER_HOST=${engineAddress()} cannot be used: ${messageOf(error)}`;
    throw new OperationError(ERROR_CODES.DOCKER_UNREACHABLE, "connect to Docker", message, {
      cause: error,
    });
  }
}

/** @throws OperationError ERR_DOCKER_UNREACHABLE with what to do when no engine answers in 5 s */
export async function requireDocker(docker: Docker): Promise<void> {
  const operation = "connect to Docker";
  try {
    await dockerCall(operation, LOOK_MS, () => docker.ping());
  } catch (error) {
    if (!(error instanceof OperationError) || error.code === ERROR_CODES.DOCKER_UNREACHABLE) {
      throw error;
    }
    const message = `${engineAddress()} does not answer like a Docker Engine. ${error.message}`;
    throw new OperationError(ERROR_CODES.DOCKER_UNREACHABLE, operation, message, { cause: error });
  }
}
