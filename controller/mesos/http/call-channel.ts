/**
 * Every call but SUBSCRIBE: on connections of its own, tied to the subscription by its stream id.
 */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports.ts";
import type { Call } from "../wire.ts";
import type { Connection, MasterConnections } from "./connections.ts";
import { addressText, type MasterAddress } from "./master-address.ts";
import { refused, unreachable } from "./transport.ts";

type WithoutFramework<T> = T extends unknown ? Omit<T, "framework_id"> : never;

/** A call before it is known under which framework id it goes out. */
export type FrameworkCall = WithoutFramework<Exclude<Call, { type: "SUBSCRIBE" }>>;

/**
 * Resolves when the master has taken the call in, which is not when it was carried out.
 * Rejects with OperationError: ERR_MESOS_REFUSED, nothing was done; ERR_MESOS_UNREACHABLE or
 * ERR_TIMEOUT, it may have been.
 */
export type SendCall = (call: FrameworkCall) => Promise<void>;

export const CALL_DEADLINE_MS = 5000;
const IN_FLIGHT_MAX = 1000;

/** Answers that mean: this subscription is over, whether or not its stream is open. */
const SESSION_OVER = /framework cannot be found|not subscribed|stream[- ]id/i;

export class CallChannel {
  private readonly pool: Connection;
  private inFlight = 0;

  constructor(
    private readonly address: MasterAddress,
    private readonly streamId: string,
    private readonly frameworkId: string,
    private readonly transport: MasterConnections,
    private readonly clock: Clock,
    /** The master no longer accepts calls of this subscription. */
    private readonly onSessionOver: (error: OperationError) => void,
  ) {
    this.pool = transport.callPool(address);
  }

  readonly send: SendCall = async (call) => {
    if (this.inFlight >= IN_FLIGHT_MAX) {
      const message = `${IN_FLIGHT_MAX} calls wait for the Mesos master already.`;
      throw new OperationError(ERROR_CODES.MESOS_UNREACHABLE, call.type, message);
    }
    this.inFlight += 1;
    const deadline = new AbortController();
    const cancel = this.clock.after(CALL_DEADLINE_MS, () => deadline.abort());
    try {
      await this.post(call, deadline.signal);
    } catch (error) {
      throw deadline.signal.aborted
        ? this.timeout(call.type)
        : unreachable(call.type, this.address, error);
    } finally {
      cancel();
      this.inFlight -= 1;
    }
  };

  /** Gives up what is under way. Idempotent. */
  close(): void {
    if (!this.pool.destroyed) void this.pool.destroy();
  }

  private async post(call: FrameworkCall, signal: AbortSignal): Promise<void> {
    const { statusCode, body } = await this.pool.request({
      method: "POST",
      path: this.address.path,
      headers: this.transport.headers({ "mesos-stream-id": this.streamId }),
      body: JSON.stringify({ ...call, framework_id: { value: this.frameworkId } } as Call),
      signal,
    });
    const text = await body.text();
    if (statusCode >= 200 && statusCode < 300) return;
    const error = refused(call.type, this.address, statusCode, text);
    const moved = statusCode === 307 || statusCode === 403 || statusCode === 503;
    if (moved || (statusCode === 400 && SESSION_OVER.test(text))) this.onSessionOver(error);
    throw error;
  }

  private timeout(operation: string): OperationError {
    const message = `The Mesos master at ${addressText(this.address)} did not answer within ${CALL_DEADLINE_MS} ms.`;
    return new OperationError(ERROR_CODES.TIMEOUT, operation, message);
  }
}
