/** What an offer and a task's status must be made of, down to the last field that is looked at. Pure. */
import { isTaskState } from "../../model/task-state.ts";
import type { InverseOffer, Offer } from "../wire.ts";
import { hasId, isId, isListOf, isNumber, isObject, isOptional, isText } from "./json.ts";

export function isOffer(value: unknown): value is Offer {
  if (!isObject(value) || !hasId(value, "id") || !hasId(value, "agent_id")) return false;
  const { hostname, resources, attributes } = value;
  if (!isText(hostname) || !Array.isArray(resources)) return false;
  if (!isOptional(value["unavailability"], isUnavailability)) return false;
  return resources.every(isResource) && isListOf(attributes, isAttribute);
}

export function isInverseOffer(value: unknown): value is InverseOffer {
  if (!isObject(value) || !hasId(value, "id") || !isOptional(value["agent_id"], isId)) return false;
  return isUnavailability(value["unavailability"]);
}

function isUnavailability(value: unknown): boolean {
  const isTime = (time: unknown) => isObject(time) && isNumber(time["nanoseconds"]);
  return isObject(value) && isTime(value["start"]) && isOptional(value["duration"], isTime);
}

export function isStatus(status: unknown): boolean {
  if (!isObject(status) || !hasId(status, "task_id")) return false;
  const { agent_id, state, healthy, timestamp, container_status: container } = status;
  if (!isText(state) || !isTaskState(state)) return false;
  if (!isOptional(agent_id, isId) || !isOptional(container, isContainerStatus)) return false;
  if (!["uuid", "reason", "message", "source"].every((key) => isOptional(status[key], isText))) {
    return false;
  }
  return isOptional(timestamp, isNumber) && ["boolean", "undefined"].includes(typeof healthy);
}

function isResource(value: unknown): boolean {
  if (!isObject(value) || !isText(value["name"]) || !isText(value["type"])) return false;
  const { scalar, ranges, set, role, reservations } = value;
  if (!isOptional(ranges, isRanges) || !isOptional(set, isSet)) return false;
  return (
    isOptional(scalar, isScalar) && isOptional(role, isText) && isListOf(reservations, isObject)
  );
}

function isAttribute(value: unknown): boolean {
  if (!isObject(value) || !isText(value["name"]) || !isText(value["type"])) return false;
  const { text, scalar, ranges } = value;
  return isOptional(text, isId) && isOptional(scalar, isScalar) && isOptional(ranges, isRanges);
}

function isScalar(value: unknown): boolean {
  return isObject(value) && isNumber(value["value"]);
}

function isRanges(value: unknown): boolean {
  const isRange = (range: unknown) =>
    isObject(range) && isNumber(range["begin"]) && isNumber(range["end"]);
  return isObject(value) && isListOf(value["range"], isRange);
}

function isSet(value: unknown): boolean {
  return isObject(value) && isListOf(value["item"], isText);
}

function isContainerStatus(value: unknown): boolean {
  const isAddress = (address: unknown) =>
    isObject(address) && isOptional(address["ip_address"], isText);
  const isNetwork = (info: unknown) =>
    isObject(info) && isOptional(info["name"], isText) && isListOf(info["ip_addresses"], isAddress);
  if (!isObject(value) || !isOptional(value["container_id"], isId)) return false;
  return isListOf(value["network_infos"], isNetwork);
}
