/** Exit codes of the command line. Scripts rely on them: they never change their meaning. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ErrorCode } from "../model/errors.ts";

export const EXIT = {
  OK: 0,
  /** The question was answered, and the answer is no (an invalid file, not ready). */
  NEGATIVE: 1,
  USAGE: 2,
  /** The controller, Docker, Mesos or an agent does not answer. */
  UNREACHABLE: 3,
  NOT_FOUND: 4,
  /** It was tried and failed, or it was refused. */
  FAILED: 5,
  /** The Mesos master says that the framework has been removed: a person must decide. */
  FRAMEWORK_REMOVED: 6,
  /** A bug in this program (sysexits EX_SOFTWARE). */
  BUG: 70,
  /** A verb whose low codes have a meaning of their own (`plan`, `exec`) could not do its work. */
  OWN_FAILURE: 255,
} as const;

const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  [ERROR_CODES.CONTROLLER_UNREACHABLE]: EXIT.UNREACHABLE,
  [ERROR_CODES.DOCKER_UNREACHABLE]: EXIT.UNREACHABLE,
  [ERROR_CODES.MESOS_UNREACHABLE]: EXIT.UNREACHABLE,
  [ERROR_CODES.MESOS_NO_LEADER]: EXIT.UNREACHABLE,
  [ERROR_CODES.ZOOKEEPER_UNREACHABLE]: EXIT.UNREACHABLE,
  [ERROR_CODES.AGENT_UNREACHABLE]: EXIT.UNREACHABLE,
  [ERROR_CODES.ETCD_UNAVAILABLE]: EXIT.UNREACHABLE,
  [ERROR_CODES.STATE_UNREACHABLE]: EXIT.UNREACHABLE,
  [ERROR_CODES.NOT_FOUND]: EXIT.NOT_FOUND,
  [ERROR_CODES.SPEC_MISSING]: EXIT.NOT_FOUND,
  [ERROR_CODES.IMAGE_MISSING]: EXIT.NOT_FOUND,
  [ERROR_CODES.SPEC_INVALID]: EXIT.NEGATIVE,
  [ERROR_CODES.FRAMEWORK_REMOVED]: EXIT.FRAMEWORK_REMOVED,
};

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof OperationError)) return EXIT.BUG;
  return BY_ERROR[error.code] ?? EXIT.FAILED;
}

/** Shown at the end of every `--help`. */
export const EXIT_CODES_HELP = `
Exit codes: 0 done; 1 the answer is no (e.g. an invalid file); 2 wrong usage; 3 the controller
(or Docker, Mesos, an agent) does not answer; 4 not found; 5 refused or failed; 6 Mesos has removed
the framework; 70 a bug in this program. plan: 0 nothing to do, 1 changes, 255 error. exec: the
command's own code, 255 when it could not be run.`;
