import {
  ClientClosedError,
  EtcdAuthenticationFailedError,
  GRPCDeadlineExceededError,
  GRPCFailedPreconditionError,
  GRPCGenericError,
  GRPCNotFoundError,
  GRPCOutOfRangeError,
  GRPCUnavailableError,
} from "etcd3";
import { describe, expect, it } from "vitest";
import {
  type EtcdErrorKind,
  etcdMessage,
  isEtcdError,
  kindOf,
} from "../../../controller/etcd/etcd-errors.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";

const precondition = (text: string) =>
  new GRPCFailedPreconditionError(`9 FAILED_PRECONDITION: ${text}`);

const CASES: readonly (readonly [string, Error, EtcdErrorKind])[] = [
  [
    "a learner that lags is promoted later",
    precondition("etcdserver: can only promote a learner member which is in sync with leader"),
    "not-yet",
  ],
  [
    "a voter is no learner",
    precondition("etcdserver: can only promote a learner member"),
    "not-a-learner",
  ],
  ["a second learner waits", precondition("etcdserver: too many learner members"), "refused"],
  [
    "a second learner waits for the first",
    precondition("etcdserver: too many learner members in cluster"),
    "not-yet",
  ],
  [
    "members that are not connected yet are no refusal",
    new GRPCUnavailableError("14 UNAVAILABLE: etcdserver: unhealthy cluster"),
    "not-yet",
  ],
  [
    "a gone member",
    new GRPCNotFoundError("5 NOT_FOUND: etcdserver: member not found"),
    "member-not-found",
  ],
  [
    "a revision that has been compacted already",
    new GRPCOutOfRangeError(
      "11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted",
    ),
    "compacted",
  ],
  [
    "a revision that is to come",
    new GRPCOutOfRangeError("11 OUT_OF_RANGE: etcdserver: mvcc: required revision is a future one"),
    "refused",
  ],
  ["no answer", new GRPCDeadlineExceededError("4 DEADLINE_EXCEEDED: x"), "try-another"],
  ["a refused connection", new GRPCUnavailableError("14 UNAVAILABLE: ECONNREFUSED"), "try-another"],
  [
    "a channel that was shut down",
    new GRPCGenericError("Channel has been shut down"),
    "try-another",
  ],
  ["a client that was closed", new ClientClosedError("KV"), "try-another"],
  [
    "nobody's login, where etcd asks for one",
    new EtcdAuthenticationFailedError(
      "3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password",
    ),
    "not-authenticated",
  ],
  [
    "a login where etcd asks for none",
    precondition("etcdserver: authentication is not enabled"),
    "not-authenticated",
  ],
  ["any other precondition", precondition("etcdserver: something new"), "refused"],
];

describe("kindOf", () => {
  it.each(CASES)("%s", (_, error, kind) => {
    expect(kindOf(error)).toBe(kind);
    expect(isEtcdError(error)).toBe(true);
  });
});

describe("isEtcdError", () => {
  it("never takes one of our own errors, whatever its text, for one of etcd", () => {
    const ours = new OperationError(ERROR_CODES.ETCD_NOT_READY, "x", "etcdserver: no leader");
    expect(isEtcdError(ours)).toBe(false);
    expect(isEtcdError(new TypeError("x is not a function"))).toBe(false);
  });
});

describe("etcdMessage", () => {
  it("leaves etcd's own words", () => {
    const error = new GRPCNotFoundError(
      "GRPCNotFoundError: 5 NOT_FOUND: etcdserver: member not found",
    );
    expect(etcdMessage(error)).toBe("etcdserver: member not found");
  });
});
