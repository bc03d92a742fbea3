/**
 * Operating errors are values with a stable code; programmer errors crash.
 * The fields follow gardener's lastErrors, so that a status can show them as they are.
 */

export const ERROR_CODES = {
  DOCKER_UNREACHABLE: "ERR_DOCKER_UNREACHABLE",
  DOCKER_REFUSED: "ERR_DOCKER_REFUSED",
  NETWORK_CONFLICT: "ERR_NETWORK_CONFLICT",
  FOREIGN_OWNER: "ERR_FOREIGN_OWNER",
  IMAGE_MISSING: "ERR_IMAGE_MISSING",
  IMAGE_BUILD_FAILED: "ERR_IMAGE_BUILD_FAILED",
  TOOL_MISSING: "ERR_TOOL_MISSING",
  MESOS_UNREACHABLE: "ERR_MESOS_UNREACHABLE",
  MESOS_REFUSED: "ERR_MESOS_REFUSED",
  MESOS_NO_LEADER: "ERR_MESOS_NO_LEADER",
  ZOOKEEPER_UNREACHABLE: "ERR_ZOOKEEPER_UNREACHABLE",
  ZOOKEEPER_REFUSED: "ERR_ZOOKEEPER_REFUSED",
  FRAMEWORK_REMOVED: "ERR_FRAMEWORK_REMOVED",
  FRAMEWORK_TAKEN_OVER: "ERR_FRAMEWORK_TAKEN_OVER",
  OFFER_GONE: "ERR_OFFER_GONE",
  AGENT_UNREACHABLE: "ERR_AGENT_UNREACHABLE",
  AGENT_REFUSED: "ERR_AGENT_REFUSED",
  ETCD_UNAVAILABLE: "ERR_ETCD_UNAVAILABLE",
  ETCD_NOT_READY: "ERR_ETCD_NOT_READY",
  SNAPSHOT_FAILED: "ERR_SNAPSHOT_FAILED",
  SNAPSHOT_INVALID: "ERR_SNAPSHOT_INVALID",
  ADDRESS_IN_USE: "ERR_ADDRESS_IN_USE",
  ADDRESS_HELD: "ERR_ADDRESS_HELD",
  STATE_LOCKED: "ERR_STATE_LOCKED",
  STATE_CORRUPT: "ERR_STATE_CORRUPT",
  DISK_FULL: "ERR_DISK_FULL",
  STATE_VERSION: "ERR_STATE_VERSION",
  STATE_UNWRITABLE: "ERR_STATE_UNWRITABLE",
  STATE_UNREACHABLE: "ERR_STATE_UNREACHABLE",
  STATE_REFUSED: "ERR_STATE_REFUSED",
  STATE_MOVED: "ERR_STATE_MOVED",
  STATE_OCCUPIED: "ERR_STATE_OCCUPIED",
  NOT_ACTING: "ERR_NOT_ACTING",
  SPEC_INVALID: "ERR_SPEC_INVALID",
  SPEC_MISSING: "ERR_SPEC_MISSING",
  CONTROLLER_UNREACHABLE: "ERR_CONTROLLER_UNREACHABLE",
  CONTROLLER_REFUSED: "ERR_CONTROLLER_REFUSED",
  NOT_FOUND: "ERR_NOT_FOUND",
  TIMEOUT: "ERR_TIMEOUT",
} as const;

export type ErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES];

export class OperationError extends Error {
  override readonly name = "OperationError";

  /**
   * @param code stable, for scripts and tests
   * @param operation what was being done, e.g. `LaunchTask slot 2`
   * @param message what went wrong and what to do about it, one sentence each
   */
  constructor(
    readonly code: ErrorCode,
    readonly operation: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For the branch that cannot be reached when every case of a union is handled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
