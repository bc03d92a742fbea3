/**
 * A put that may be tried on several members and still never overwrites a newer value: a try that
 * got no answer can sit in a paused member and be carried out seconds later, after the key has
 * moved on. So every try is a transaction on the revision that the key is known to have, and a
 * late one finds another revision and does nothing. In the usual case it is one round trip.
 */
import { CompareResult, CompareTarget, type ITxnRequest } from "etcd3";
import type { MemberCall } from "./endpoint-calls.ts";
import { unavailable } from "./etcd-errors.ts";
import type { TxnAnswer } from "./member-client.ts";

/** Someone else writes the same key all the time; or we are not the only controller. */
const CONFLICTS_MAX = 5;

interface Stored {
  readonly value: string | null;
  /** Decimal; "0" when there is no such key. */
  readonly modRevision: string;
}

export class FencedPut {
  private readonly revisions = new Map<string, string>();

  constructor(private readonly call: <T>(call: MemberCall<T>) => Promise<T>) {}

  async put(key: string, value: string): Promise<void> {
    let revision = this.revisions.get(key) ?? "0";
    for (let conflict = 0; conflict < CONFLICTS_MAX; conflict += 1) {
      const fence = revision;
      const answer = await this.call((member, options) =>
        member.kv.txn(fencedPut(key, value, fence), options),
      );
      if (answer.succeeded) {
        this.revisions.set(key, answer.header.revision);
        return;
      }
      const stored = storedIn(answer);
      revision = stored.modRevision;
      this.revisions.set(key, revision);
      // An earlier try of this very put was carried out and its answer got lost.
      if (stored.value === value) return;
    }
    throw unavailable(
      `Put ${key}`,
      `the key was changed by others ${CONFLICTS_MAX} times in a row`,
    );
  }
}

/** Puts the value if the key has this revision, and tells what it has if not. */
function fencedPut(name: string, value: string, fence: string): ITxnRequest {
  const key = Buffer.from(name);
  const { Mod: target } = CompareTarget;
  const { Equal: result } = CompareResult;
  return {
    compare: [{ key, target, result, mod_revision: fence }],
    success: [{ request_put: { key, value: Buffer.from(value) } }],
    failure: [{ request_range: { key } }],
  };
}

function storedIn(answer: TxnAnswer): Stored {
  const found = answer.responses[0]?.response_range?.kvs[0];
  if (found === undefined) return { value: null, modRevision: "0" };
  return { value: found.value.toString("utf8"), modRevision: found.mod_revision };
}
