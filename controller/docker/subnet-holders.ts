/** Who holds addresses that a new container network wants. */
import { networkInterfaces } from "node:os";
import type { NetworkInspectInfo } from "dockerode";
import { ownerOf } from "./labels.ts";
import { overlap, parseSubnet } from "../../crd-schema/values/ipv4.ts";

export interface SubnetHolder {
  readonly kind: "Docker network" | "interface";
  readonly name: string;
  /** CIDR. */
  readonly subnet: string;
  /** Who made it, in brackets after a space, where its labels say; else empty. */
  readonly madeBy: string;
}

/** The first Docker network other than `except` whose subnet overlaps. */
export function holderAmongNetworks(
  subnet: string,
  networks: readonly NetworkInspectInfo[],
  except: string,
): SubnetHolder | null {
  for (const network of networks) {
    if (network.Name === except) continue;
    for (const { Subnet } of network.IPAM?.Config ?? []) {
      if (Subnet !== undefined && overlaps(subnet, Subnet)) {
        const by = ownerOf(network.Labels)?.createdBy ?? null;
        const madeBy = by === null ? "" : ` (of ${by})`;
        return { kind: "Docker network", name: network.Name, subnet: Subnet, madeBy };
      }
    }
  }
  return null;
}

/**
 * The first interface of this machine whose addresses overlap. The engine does not look at them
 * when a subnet is given, and a bridge over a LAN in use cuts the machine off from it.
 */
export function holderAmongInterfaces(
  subnet: string,
  interfaces: NodeJS.Dict<{ cidr: string | null }[]> = networkInterfaces(),
): SubnetHolder | null {
  for (const [name, addresses] of Object.entries(interfaces)) {
    for (const { cidr } of addresses ?? []) {
      if (cidr !== null && overlaps(subnet, cidr)) {
        return { kind: "interface", name, subnet: cidr, madeBy: "" };
      }
    }
  }
  return null;
}

function overlaps(a: string, b: string): boolean {
  const first = parseSubnet(a);
  const second = parseSubnet(b);
  return first !== null && second !== null && overlap(first, second);
}
