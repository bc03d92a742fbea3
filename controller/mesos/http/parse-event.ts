/**
 * Reads one record of the event stream. What a master sends is not trusted: an event that lacks
 * what we need is left out, and the caller says so in the log. Pure.
 */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { SchedulerEvent } from "../wire.ts";
import { isInverseOffer, isOffer, isStatus } from "./event-shapes.ts";
import { at, hasId, isId, isNumber, isObject, isOptional, type Json } from "./json.ts";

export type ParsedEvent =
  | { readonly event: SchedulerEvent; readonly ignored?: string }
  | { readonly event: null; readonly ignored: string };

/** @throws OperationError ERR_MESOS_UNREACHABLE when it is not JSON: the stream is out of step */
export function parseEvent(record: string): ParsedEvent {
  const json = parseJson(record);
  const type = isObject(json) ? json["type"] : undefined;
  if (!isObject(json) || typeof type !== "string") return ignored("an event without a type");
  switch (type) {
    case "HEARTBEAT":
      return { event: { type: "HEARTBEAT" } };
    case "OFFERS":
      return offersEvent(json);
    case "INVERSE_OFFERS":
      return inverseOffersEvent(json);
    case "SUBSCRIBED":
    case "RESCIND":
    case "RESCIND_INVERSE_OFFER":
    case "UPDATE":
    case "FAILURE":
    case "ERROR":
    case "MESSAGE":
      return HAS_ALL[type](json)
        ? { event: json as unknown as SchedulerEvent }
        : ignored(`${type} without what it must have`);
    default:
      return ignored(`${type}, which is of no use here`);
  }
}

type Checked = Exclude<SchedulerEvent["type"], "HEARTBEAT" | "OFFERS" | "INVERSE_OFFERS">;

const HAS_ALL: Readonly<Record<Checked, (event: Json) => boolean>> = {
  SUBSCRIBED: (event) => isSubscribed(at(event, "subscribed")),
  RESCIND: (event) => hasId(at(event, "rescind"), "offer_id"),
  RESCIND_INVERSE_OFFER: (event) => hasId(at(event, "rescind_inverse_offer"), "inverse_offer_id"),
  UPDATE: (event) => isStatus(at(at(event, "update"), "status")),
  FAILURE: (event) =>
    isOptional(at(event, "failure")?.["agent_id"], isId) && isObject(event["failure"]),
  ERROR: (event) => typeof at(event, "error")?.["message"] === "string",
  MESSAGE: (event) => isObject(event["message"]),
};

function isSubscribed(subscribed: Json | undefined): boolean {
  const interval = subscribed?.["heartbeat_interval_seconds"];
  return hasId(subscribed, "framework_id") && isOptional(interval, isNumber);
}

function offersEvent(json: Json): ParsedEvent {
  // Protobuf leaves out an empty list.
  const list = at(json, "offers")?.["offers"] ?? [];
  if (!Array.isArray(list)) return ignored("OFFERS that are no list");
  const offers = list.filter(isOffer);
  const event: SchedulerEvent = { type: "OFFERS", offers: { offers } };
  const lost = list.length - offers.length;
  return lost === 0 ? { event } : { event, ignored: `${lost} offers without what they must have` };
}

function inverseOffersEvent(json: Json): ParsedEvent {
  const list = at(json, "inverse_offers")?.["inverse_offers"] ?? [];
  if (!Array.isArray(list)) return ignored("INVERSE_OFFERS that are no list");
  const inverse_offers = list.filter(isInverseOffer);
  const event: SchedulerEvent = { type: "INVERSE_OFFERS", inverse_offers: { inverse_offers } };
  const lost = list.length - inverse_offers.length;
  return lost === 0
    ? { event }
    : { event, ignored: `${lost} inverse offers without what they must have` };
}

function parseJson(record: string): unknown {
  try {
    return JSON.parse(record);
  } catch (cause) {
    const message = "The Mesos master's event stream cannot be read: a record is not JSON.";
    throw new OperationError(ERROR_CODES.MESOS_UNREACHABLE, "read events", message, { cause });
  }
}

function ignored(reason: string): ParsedEvent {
  return { event: null, ignored: reason };
}
