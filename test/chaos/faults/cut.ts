/**
 * Partitions of the container network. A node's frames to another address go to a hardware address
 * that nobody has, and so get lost without a word, in connections that are open too. It needs
 * neither iptables (which see bridged traffic on some machines only) nor root on the host.
 */
import type { NodeStatus } from "../../../controller/model/resource.ts";
import type { Random } from "../random.ts";
import type { Site } from "../site.ts";
import { drawNode, told } from "./kill.ts";
import type { Effect, Fault } from "./fault.ts";

const HOLD_MS_MIN = 500;
const HOLD_MS_MAX = 6_000;
const NOBODY = "02:00:00:00:00:01";

/** From a slot to addresses that it is to lose. */
type Cut = readonly [slot: number, addresses: readonly string[]];

function partition(
  kind: string,
  cutsOf: (node: NodeStatus, peers: readonly NodeStatus[], gateway: string) => readonly Cut[],
): Fault {
  return {
    kind,
    async run(site, before, random) {
      const node = drawNode(before, random);
      const peers = before.status.nodes.filter((n) => n.slot !== node.slot);
      return held(site, random, node, cutsOf(node, peers, site.gateway));
    },
  };
}

async function held(
  site: Site,
  random: Random,
  node: NodeStatus,
  cuts: readonly Cut[],
): Promise<Effect> {
  const holdMs = random.whole(HOLD_MS_MIN, HOLD_MS_MAX);
  const inEach = (commandFor: (address: string) => string) =>
    Promise.all(
      cuts.map(([slot, addresses]) => site.inNetworkOf(slot, addresses.map(commandFor).join("; "))),
    );
  let endedMs = 0;
  try {
    await inEach((ip) => `ip neigh replace ${ip} lladdr ${NOBODY} dev eth0 nud permanent`);
    await site.hold(holdMs);
    endedMs = performance.now();
  } finally {
    // A slot that was launched again has a network of its own, without the cut: nothing to delete.
    await inEach((ip) => `ip neigh del ${ip} dev eth0 2>/dev/null || true`);
  }
  return { endedMs, what: `${told(node)} for ${holdMs} ms`, replaces: [], isOver: () => true };
}

const ipsOf = (nodes: readonly NodeStatus[]) => nodes.map((n) => n.ip);

export const cutFromPeers = partition("cut a node from its peers", (node, peers) => [
  [node.slot, ipsOf(peers)],
  ...peers.map((peer): Cut => [peer.slot, [node.ip]]),
]);

export const cutOneWay = partition("cut a node's sending to its peers", (node, peers) => [
  [node.slot, ipsOf(peers)],
]);

export const cutFromHost = partition("cut a node from the host", (node, _, gateway) => [
  [node.slot, [gateway]],
]);

export const cutOff = partition("cut a node from all", (node, peers, gateway) => [
  [node.slot, [...ipsOf(peers), gateway]],
  ...peers.map((peer): Cut => [peer.slot, [node.ip]]),
]);
