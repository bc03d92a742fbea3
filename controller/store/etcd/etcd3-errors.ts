/** What an error of etcd3 means for the store. The texts are etcd's (api/v3rpc/rpctypes/error.go). */
import { EtcdLeaseInvalidError } from "etcd3";
import { etcdMessage, isEtcdError, kindOf } from "../../etcd/etcd-errors.ts";
import { messageOf } from "../../model/errors.ts";
import { TOKEN_ENDED } from "./server-token.ts";
import { StoreEtcdError, type StoreEtcdProblem } from "./store-etcd.ts";

const BY_TEXT: readonly (readonly [RegExp, StoreEtcdProblem])[] = [
  [/required revision has been compacted/, "compacted"],
  [/request is too large|message larger than max|trying to send message larger/i, "too-large"],
  [/database space exceeded/, "no-space"],
  // Refused by this program's side of TLS, or by the other.
  [/certificate|self.signed|altnames|SSL routines|wrong version number|\balert\b/i, "refused"],
  [/user name is empty|authentication failed|permission denied/, "refused"],
];

export function isTokenEnded(error: unknown): boolean {
  return messageOf(error).includes(TOKEN_ENDED);
}

export function isLeaseGone(error: unknown): boolean {
  return error instanceof EtcdLeaseInvalidError;
}

/** Errors that are none of a call go through as they are: they are bugs. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreEtcdError) return error;
  if (!isEtcdError(error) && !isLeaseGone(error) && !isConnectionError(error)) return error;
  return new StoreEtcdError(problemIn(error), etcdMessage(error), { cause: error });
}

function problemIn(error: unknown): StoreEtcdProblem {
  const message = messageOf(error);
  const known = BY_TEXT.find(([text]) => text.test(message));
  if (known !== undefined) return known[1];
  return kindOf(error) === "refused" ? "refused" : "unreachable";
}

/** Of streams: those of gRPC that etcd3 has not made its own, and that of our keep-alives. */
function isConnectionError(error: unknown): boolean {
  return (
    error instanceof Error && ("details" in error || /keep-alive|^closed$/.test(error.message))
  );
}
