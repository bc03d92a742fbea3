/** One subscription, from its opened stream to the end of it. */
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { Logger } from "../model/ports.ts";
import { fatalError } from "./fatal-errors.ts";
import type { EventStream } from "./http/event-stream.ts";
import { addressText, type MasterAddress } from "./http/master-address.ts";
import { parseEvent } from "./http/parse-event.ts";
import type { Call, SchedulerEvent } from "./wire.ts";

/** What the subscription does not handle by itself. */
export type EventOfUse = Exclude<SchedulerEvent, { type: "SUBSCRIBED" | "ERROR" | "HEARTBEAT" }>;

export interface SubscriptionHandler {
  /** The SUBSCRIBE of this moment, with the framework id when there is one. */
  subscribeCall(): Extract<Call, { type: "SUBSCRIBE" }>;
  /** Events wait until this has resolved; when it rejects, the subscription is given up. */
  subscribed(session: Session): Promise<void>;
  event(event: EventOfUse): void;
  /** After `subscribed`, once: nothing more comes of it. */
  lost(reason: OperationError): void;
  /** No master took a subscription; another try follows. */
  failed(reason: OperationError): void;
  /**
   * The master has removed this framework.
   * @returns whether the next {@link subscribeCall} registers another one in its place
   */
  removed(): boolean;
  /** Trying again cannot help. */
  fatal(error: OperationError): void;
}

export interface Session {
  readonly master: MasterAddress;
  readonly streamId: string;
  readonly frameworkId: string;
  /** Gives this subscription up; another one follows. */
  readonly end: (reason: OperationError) => void;
  /** Gives up for good: no other subscription follows. */
  readonly giveUp: (error: OperationError) => void;
}

export interface StreamReader {
  readonly master: MasterAddress;
  readonly log: Logger;
  readonly handler: SubscriptionHandler;
  /** The master has taken the subscription. */
  onSubscribed(): void;
  /** And the handler has taken it in: this master leads. */
  onServed(): void;
  /** No other subscription follows. */
  giveUp(error: OperationError): void;
}

/**
 * Reads to the end of the stream, which is at ERROR at the latest.
 * @throws OperationError why it ended, unless the master has ended its answer
 */
export async function follow(stream: EventStream, reader: StreamReader): Promise<void> {
  const { master, handler, log } = reader;
  let subscribed = false;
  for await (const record of stream.records()) {
    const { event, ignored } = parseEvent(record);
    if (ignored !== undefined) log.warn({ ignored }, "Mesos event left out");
    if (event === null || event.type === "HEARTBEAT") continue;
    if (event.type === "ERROR") throw masterError(event.error.message, reader);
    if (event.type === "SUBSCRIBED") {
      if (subscribed) continue;
      stream.expectWithin(silenceMaxMs(event.subscribed.heartbeat_interval_seconds));
      subscribed = true;
      reader.onSubscribed();
      await handler.subscribed({
        master,
        streamId: stream.streamId,
        frameworkId: event.subscribed.framework_id.value,
        end: (reason) => stream.close(reason),
        giveUp: (error) => reader.giveUp(error),
      });
      reader.onServed();
    } else if (subscribed) {
      handler.event(event);
    } else {
      throw streamEnded(master);
    }
  }
}

function masterError(message: string, reader: StreamReader): OperationError {
  const fatal = fatalError(message);
  const isReplaced = fatal?.code === ERROR_CODES.FRAMEWORK_REMOVED && reader.handler.removed();
  if (fatal !== null && !isReplaced) {
    reader.giveUp(fatal);
    return fatal;
  }
  return new OperationError(
    ERROR_CODES.MESOS_REFUSED,
    "SUBSCRIBE",
    `The Mesos master ended the subscription: ${message}`,
  );
}

export function streamEnded(master: MasterAddress): OperationError {
  const message = `The Mesos master at ${addressText(master)} ended the event stream.`;
  return new OperationError(ERROR_CODES.MESOS_UNREACHABLE, "read events", message);
}

/** What Mesos masters use when they do not say. */
const INTERVAL_SECONDS_DEFAULT = 15;
/** Whatever a master says, silence is noticed, and noise is not taken for it. */
const INTERVAL_SECONDS_MIN = 0.1;
const INTERVAL_SECONDS_MAX = 60;
/** One heartbeat may be late, and one may be lost with a slow machine. */
const INTERVALS_MISSED_MAX = 3;

/**
 * How long a master may be silent.
 * @param intervalSeconds `heartbeat_interval_seconds` of SUBSCRIBED
 */
export function silenceMaxMs(intervalSeconds: number | undefined): number {
  const said = Number.isFinite(intervalSeconds) ? intervalSeconds : undefined;
  const seconds = said !== undefined && said > 0 ? said : INTERVAL_SECONDS_DEFAULT;
  const bounded = Math.min(INTERVAL_SECONDS_MAX, Math.max(INTERVAL_SECONDS_MIN, seconds));
  return bounded * 1000 * INTERVALS_MISSED_MAX;
}
