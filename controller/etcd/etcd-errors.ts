/**
 * What an error of an etcd call means for the caller. etcd tells the cause only in its message;
 * the texts are those of `api/v3rpc/rpctypes/error.go` of etcd 3.5.
 */
import {
  ClientClosedError,
  EtcdAuthenticationFailedError,
  EtcdError,
  EtcdPermissionDeniedError,
  GRPCAlreadyExistsError,
  GRPCDeadlineExceededError,
  GRPCFailedPreconditionError,
  GRPCGenericError,
  GRPCInvalidArgumentError,
  GRPCNotFoundError,
  GRPCOutOfRangeError,
  GRPCResourceExhastedError,
  GRPCUnauthenticatedError,
} from "etcd3";
import { ERROR_CODES, messageOf, OperationError } from "../model/errors.ts";

export type EtcdErrorKind =
  /** This member cannot answer now, or its answer got lost: another may. */
  | "try-another"
  /** etcd refuses for now; the same request will pass later. */
  | "not-yet"
  | "member-not-found"
  | "peer-url-exists"
  | "not-a-learner"
  | "not-the-leader"
  | "compacted"
  /** Who is nobody's user is none, or etcd asks nobody who he is. */
  | "not-authenticated"
  /** etcd refuses, and another member would say the same. */
  | "refused";

const BY_TEXT: readonly (readonly [string, EtcdErrorKind])[] = [
  ["member not found", "member-not-found"],
  ["Peer URLs already exists", "peer-url-exists"],
  // An id is a hash of the peer URL and the second, so the second of two adds may be told this.
  ["member ID already exist", "peer-url-exists"],
  ["can only promote a learner member which is in sync", "not-yet"],
  ["can only promote a learner member", "not-a-learner"],
  // Members that are not all connected for 5 s, under strict-reconfig-check.
  ["unhealthy cluster", "not-yet"],
  ["re-configuration failed due to not enough started members", "not-yet"],
  ["too many learner members in cluster", "not-yet"],
  ["etcdserver: not leader", "not-the-leader"],
  ["required revision has been compacted", "compacted"],
  ["authentication is not enabled", "not-authenticated"],
  ["authentication failed", "not-authenticated"],
  ["rpc not supported for learner", "try-another"],
  ["etcdserver: no leader", "try-another"],
  ["etcdserver: leader changed", "try-another"],
  ["etcdserver: server stopped", "try-another"],
  ["etcdserver: request timed out", "try-another"],
  ["too many requests", "try-another"],
];

/** Answers that etcd thought about. Every other error means that there was no answer. */
const REFUSALS = [
  GRPCInvalidArgumentError,
  GRPCNotFoundError,
  GRPCAlreadyExistsError,
  GRPCResourceExhastedError,
  GRPCFailedPreconditionError,
  GRPCOutOfRangeError,
  GRPCUnauthenticatedError,
  EtcdPermissionDeniedError,
  EtcdAuthenticationFailedError,
  EtcdError,
];

export function kindOf(error: unknown): EtcdErrorKind {
  const message = messageOf(error);
  for (const [text, kind] of BY_TEXT) {
    if (message.includes(text)) return kind;
  }
  return REFUSALS.some((type) => error instanceof type) ? "refused" : "try-another";
}

/** True for errors of the call; anything else is ours already, or a bug that must surface. */
export function isEtcdError(error: unknown): error is Error {
  const refusals = [EtcdPermissionDeniedError, EtcdAuthenticationFailedError, EtcdError];
  const types = [GRPCGenericError, ClientClosedError, ...refusals];
  return types.some((type) => error instanceof type);
}

/** etcd's own words, without the class names and numbers that the client puts before them. */
export function etcdMessage(error: unknown): string {
  if (error instanceof GRPCDeadlineExceededError) return "no answer before the deadline";
  return messageOf(error).replace(/^(\w*Error: )?(\d+ [A-Z_]+: )?/, "");
}

export function unavailable(operation: string, message: string, cause?: unknown): OperationError {
  return new OperationError(ERROR_CODES.ETCD_UNAVAILABLE, operation, message, { cause });
}

export function notReady(operation: string, cause: unknown): OperationError {
  return new OperationError(ERROR_CODES.ETCD_NOT_READY, operation, etcdMessage(cause), { cause });
}
