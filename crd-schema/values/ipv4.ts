/** IPv4 addresses as numbers, and subnets as ranges of them. */
import { isIPv4 } from "node:net";

export interface Subnet {
  /** The network address. */
  readonly first: number;
  /** The broadcast address. */
  readonly last: number;
  readonly prefix: number;
}

export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** @throws a text that is no dotted quad */
export function addressNumber(address: string): number {
  if (!isIPv4(address)) throw new Error(`not an IPv4 address: ${address}`);
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function addressText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Host bits may be set: 172.30.0.5/24 is the subnet that holds 172.30.0.5. Null: not CIDR. */
export function parseSubnet(cidr: string): Subnet | null {
  const [address, bits, ...rest] = cidr.split("/");
  if (address === undefined || bits === undefined || rest.length > 0) return null;
  if (!isIPv4(address) || !/^([0-9]|[12][0-9]|3[0-2])$/.test(bits)) return null;
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(addressNumber(address) / size) * size;
  return { first, last: first + size - 1, prefix };
}

export function subnetText(subnet: Subnet): string {
  return `${addressText(subnet.first)}/${subnet.prefix}`;
}

export function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Ranges that hide no part of the Internet (RFC 1918, 6598, 2544). */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"];
/** Never for hosts: this network, loopback, link-local, multicast and reserved (RFC 6890). */
const SPECIAL = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

export function isPrivate(range: AddressRange): boolean {
  return subnetsOf(PRIVATE).some((net) => net.first <= range.first && range.last <= net.last);
}

export function isSpecial(range: AddressRange): boolean {
  return subnetsOf(SPECIAL).some((net) => overlap(net, range));
}

function subnetsOf(texts: readonly string[]): Subnet[] {
  return texts.map(parseSubnet).filter((net) => net !== null);
}
