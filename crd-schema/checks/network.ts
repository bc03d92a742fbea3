/** The slots' addresses must be usable ones of the subnet. */
import { slotCount } from "../slots.ts";
import type { Problem } from "../spec.ts";
import {
  addressNumber,
  addressText,
  isPrivate,
  isSpecial,
  parseSubnet,
  subnetText,
} from "../values/ipv4.ts";
import type { AddressRange, Subnet } from "../values/ipv4.ts";
import { childOf } from "../text/field-path.ts";
import { errorAt, warningAt } from "./check.ts";
import type { Located } from "./check.ts";

/** `replicas` can grow to this, and the network cannot be changed then. */
export const SLOTS_MAX = 9;

const SUBNET = ["spec", "network", "subnet"] as const;
const FIRST = ["spec", "network", "firstAddress"] as const;

export function checkNetwork(located: Located): Problem[] {
  const { network } = located.cluster.spec;
  const subnet = parseSubnet(network.subnet);
  if (subnet === null) throw new Error(`not compiled: ${network.subnet}`);
  const problems = checkSubnet(located, subnet);
  return problems.some((p) => p.severity === "error")
    ? problems
    : [...problems, ...checkAddresses(located, subnet)];
}

/** The addresses that the slots of a cluster have, or would have with the most replicas. */
export function slotRange(located: Located, slots: number): AddressRange {
  const first = addressNumber(located.cluster.spec.network.firstAddress);
  return { first, last: first + slots - 1 };
}

function checkSubnet(located: Located, subnet: Subnet): Problem[] {
  const written = childOf(childOf(located.cluster.written, "network"), "subnet");
  const text = subnetText(subnet);
  if (typeof written === "string" && written !== text) {
    const message =
      `Found the text ${JSON.stringify(written)}, which has host bits set; did you mean ` +
      `"${text}"?`;
    return [errorAt(located, SUBNET, message)];
  }
  if (isSpecial(subnet)) {
    const message =
      `Found ${text}, which holds addresses that no container can have (loopback, link-local, ` +
      "multicast or reserved); allowed: a private subnet such as 172.30.0.0/24.";
    return [errorAt(located, SUBNET, message)];
  }
  if (isPrivate(subnet)) return [];
  const message =
    `${text} is not a private range: hosts of the Internet with these addresses cannot be ` +
    "reached from the nodes.";
  return [warningAt(located, SUBNET, message)];
}

function checkAddresses(located: Located, subnet: Subnet): Problem[] {
  const { network } = located.cluster.spec;
  const slots = slotCount(located.cluster.spec);
  const usable = { first: subnet.first + 2, last: subnet.last - 1 };
  const wanted = slotRange(located, slots);
  const nodes = `${slots} ${slots === 1 ? "node" : "nodes"}`;
  const found =
    `Found ${network.firstAddress}, so that ${nodes} would have the addresses ` +
    `${rangeText(wanted)}`;
  if (usable.last - usable.first + 1 < slots) {
    const message =
      `The subnet ${network.subnet} has no room for ${nodes} beside the network's, the gateway's ` +
      `and the broadcast address; allowed: /28 or larger, for at most ${SLOTS_MAX} nodes.`;
    return [errorAt(located, SUBNET, message)];
  }
  if (wanted.first < usable.first || wanted.last > usable.last) {
    const allowed = rangeText({ first: usable.first, last: usable.last - slots + 1 });
    const taken =
      `${addressText(subnet.first)} is the network's, ${addressText(subnet.first + 1)} the ` +
      `gateway's and ${addressText(subnet.last)} the broadcast address`;
    const message = `${found}; allowed: a firstAddress in ${allowed} (${taken}).`;
    return [errorAt(located, FIRST, message)];
  }
  const fitting = usable.last - wanted.first + 1;
  if (fitting >= SLOTS_MAX) return [];
  const message =
    `${found}: there is room for ${fitting} nodes, not for the ${SLOTS_MAX} that replicas may ` +
    "grow to, and the network of a live cluster cannot be changed.";
  return [warningAt(located, FIRST, message)];
}

export function rangeText({ first, last }: AddressRange): string {
  return first === last ? addressText(first) : `${addressText(first)} to ${addressText(last)}`;
}
