/** Whoever asked for an operation and waits for what comes of it. */
import { ERROR_CODES, type ErrorCode, OperationError } from "./model/errors.ts";
import type { ClusterKey } from "./model/ids.ts";
import type { ClusterMemory } from "./model/memory.ts";
import { isUnderWay, type Operation } from "./model/operation.ts";
import type { PublishedClusters } from "./model/ports.ts";
import { within } from "./support/within.ts";

/** A snapshot that runs already is waited for, and then one of its own is taken. Milliseconds. */
const END_MS_MAX = 24 * 60_000;

interface Site {
  memories(): ReadonlyMap<ClusterKey, ClusterMemory>;
  /** Every end of an operation is published. */
  readonly published: Pick<PublishedClusters, "subscribe">;
}

/** @throws OperationError on which it failed, or ERR_TIMEOUT */
export async function endOfOperation(
  site: Site,
  key: ClusterKey,
  number: number,
): Promise<Operation> {
  let leave = () => {};
  const ended = new Promise<Operation>((resolve, reject) => {
    const look = () => {
      const memory = site.memories().get(key);
      const operation = memory?.operations.find((one) => one.number === number);
      if (operation === undefined) return reject(lost(number));
      if (!isUnderWay(operation)) resolve(operation);
    };
    leave = site.published.subscribe(look);
    look();
  });
  try {
    const operation = await within(END_MS_MAX, "wait for an operation", ended);
    const { kind, state, code, message } = operation;
    if (state === "Succeeded") return operation;
    const known = Object.values(ERROR_CODES).find((one): one is ErrorCode => one === code);
    throw new OperationError(known ?? ERROR_CODES.SNAPSHOT_FAILED, kind, message);
  } finally {
    leave();
  }
}

function lost(number: number): OperationError {
  const message = `What became of operation ${number} is not known any more.`;
  return new OperationError(ERROR_CODES.NOT_FOUND, "wait for an operation", message);
}
