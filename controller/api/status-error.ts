/** What the API answers instead of what was asked for: Kubernetes `Status` objects. */
import { ERROR_CODES, type ErrorCode, OperationError } from "../model/errors.ts";

/** HTTP status by Kubernetes' reasons. */
const CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  BadGateway: 502,
  ServiceUnavailable: 503,
  Timeout: 504,
  InsufficientStorage: 507,
} as const;

export type StatusReason = keyof typeof CODES;

/** What it is about: `StatusDetails` of Kubernetes, as far as clients read it. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** Plural name of the resource. */
  readonly kind?: string;
  readonly causes?: readonly StatusCause[];
}

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  /** Path in the object: `spec.replicas`. */
  readonly field?: string;
}

export interface StatusOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the operating error behind it, for scripts and our own command line. */
  readonly errorCode?: ErrorCode;
  /** HTTP status, where it is not the reason's usual one. */
  readonly code?: number;
  readonly details?: StatusDetails;
}

/** Thrown by handlers; becomes the answer. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;

  constructor(
    readonly reason: StatusReason,
    message: string,
    private readonly options: StatusOptions = {},
  ) {
    super(message);
    this.code = options.code ?? CODES[reason];
  }

  get headers(): Readonly<Record<string, string>> {
    return this.options.headers ?? {};
  }

  toJSON() {
    const { reason, message, code, options } = this;
    const { errorCode, details } = options;
    const causes = errorCode === undefined ? [] : [{ reason: errorCode, message }];
    const told = causes.length > 0 ? { causes, ...details } : details;
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      reason,
      message,
      ...(told === undefined ? {} : { details: told }),
      code,
    };
  }
}

const REASONS: Partial<Record<ErrorCode, StatusReason>> = {
  [ERROR_CODES.NOT_FOUND]: "NotFound",
  [ERROR_CODES.FOREIGN_OWNER]: "Conflict",
  [ERROR_CODES.CONTROLLER_REFUSED]: "Forbidden",
  [ERROR_CODES.AGENT_UNREACHABLE]: "ServiceUnavailable",
  [ERROR_CODES.AGENT_REFUSED]: "BadGateway",
  [ERROR_CODES.ETCD_UNAVAILABLE]: "ServiceUnavailable",
  [ERROR_CODES.DOCKER_UNREACHABLE]: "ServiceUnavailable",
  [ERROR_CODES.STATE_LOCKED]: "Conflict",
  [ERROR_CODES.NOT_ACTING]: "ServiceUnavailable",
  [ERROR_CODES.TIMEOUT]: "Timeout",
  [ERROR_CODES.DISK_FULL]: "InsufficientStorage",
};

/** Null: neither an answer nor an operating error, so a bug. */
export function statusErrorOf(error: unknown): StatusError | null {
  if (error instanceof StatusError) return error;
  if (!(error instanceof OperationError)) return null;
  const { code, message } = error;
  return new StatusError(REASONS[code] ?? "InternalError", message, { errorCode: code });
}
