/**
 * Clusters against each other. A conflict is told at both places, and refuses both: which of the
 * two was there first is not in the files, and the one that runs goes on with its last good spec.
 */
import { isIPv4 } from "node:net";
import { errorAt, warningAt } from "./checks/check.ts";
import type { Located } from "./checks/check.ts";
import { rangeText, SLOTS_MAX, slotRange } from "./checks/network.ts";
import { slotCount } from "./slots.ts";
import type { ClusterSpec, Problem } from "./spec.ts";
import type { Path } from "./text/field-path.ts";
import { overlap, parseSubnet } from "./values/ipv4.ts";

interface Conflict {
  readonly path: Path;
  readonly severity: Problem["severity"];
  /** Ends before the name of the other cluster. */
  readonly found: string;
  readonly remedy: string;
}

type PairCheck = (a: Located, b: Located) => Conflict | null;

/** Of one cluster; who has more has copied a file, and a few of them say so. */
const CONFLICTS_MAX = 10;

/** Problems by cluster, in the order of `all`. */
export function conflictsBetween(all: readonly Located[]): Map<Located, Problem[]> {
  const problems = new Map<Located, Problem[]>();
  for (const one of all) {
    const others = all.filter((other) => other !== one);
    const found = others.flatMap((other) => conflictsOf(one, other));
    // Errors first, so that none is cut off by warnings.
    found.sort((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
    problems.set(one, found.slice(0, CONFLICTS_MAX));
  }
  return problems;
}

function conflictsOf(one: Located, other: Located): Problem[] {
  const identity = sameIdentity(one, other);
  // Of two documents of one name, everything else clashes too.
  const conflicts = identity === null ? PAIR_CHECKS.map((check) => check(one, other)) : [identity];
  const { metadata, source } = other.cluster;
  const name = `${metadata.namespace}/${metadata.name} (${source.file}:${source.line})`;
  return conflicts
    .filter((conflict) => conflict !== null)
    .map(({ path, severity, found, remedy }) => {
      const message = `${found} ${name}; ${remedy}.`;
      return severity === "error" ? errorAt(one, path, message) : warningAt(one, path, message);
    });
}

const sameIdentity: PairCheck = (one, other) => {
  const [a, b] = [one.cluster.metadata, other.cluster.metadata];
  const path = ["metadata", "name"];
  if (a.namespace === b.namespace && a.name === b.name) {
    const remedy = "allowed: each namespace and name once";
    return { path, severity: "error", found: "The same cluster is described by", remedy };
  }
  if (`${a.namespace}-${a.name}` !== `${b.namespace}-${b.name}`) return null;
  const found = `Volumes are named ${a.namespace}-${a.name}-…, as those of`;
  return { path, severity: "error", found, remedy: "give one of the two another name" };
};

const networks: PairCheck = (one, other) => {
  const [a, b] = [one.cluster.spec.network, other.cluster.spec.network];
  if (a.name !== b.name) return overlappingSubnets(a, b);
  const path = ["spec", "network", "name"];
  const field = differentField(a, b);
  if (field !== null) {
    const found = `The network ${a.name} has another ${field} in`;
    const remedy = `give both the same ${field}, or one of them another network.name and subnet`;
    return { path, severity: "error", found, remedy };
  }
  return sharedAddresses(one, other);
};

function overlappingSubnets(a: ClusterSpec["network"], b: ClusterSpec["network"]): Conflict | null {
  const [left, right] = [parseSubnet(a.subnet), parseSubnet(b.subnet)];
  if (left === null || right === null || !overlap(left, right)) return null;
  return {
    path: ["spec", "network", "subnet"],
    severity: "error",
    found: `Found ${a.subnet}, which overlaps ${b.subnet} of`,
    remedy: "give one of the two another subnet, or both the same network.name and subnet",
  };
}

function differentField(a: ClusterSpec["network"], b: ClusterSpec["network"]): string | null {
  if (a.subnet !== b.subnet) return "subnet";
  if (a.driver !== b.driver) return "driver";
  if (a.ipamDriver !== b.ipamDriver) return "ipamDriver";
  return sorted(a.options) === sorted(b.options) ? null : "set of options";
}

function sorted(options: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** On one network: the addresses in use must differ, those of a later scale-out should. */
function sharedAddresses(one: Located, other: Located): Conflict | null {
  const path = ["spec", "network", "firstAddress"];
  const used = (located: Located) => slotRange(located, slotCount(located.cluster.spec));
  const remedy = `give one of the two a firstAddress ${SLOTS_MAX} higher than the other's`;
  if (overlap(used(one), used(other))) {
    const found = `The nodes' addresses ${rangeText(used(one))} are also those of`;
    return { path, severity: "error", found, remedy };
  }
  const reserved = (located: Located) => slotRange(located, SLOTS_MAX);
  if (!overlap(reserved(one), reserved(other))) return null;
  const found = `With ${SLOTS_MAX} replicas, nodes would take addresses of`;
  return { path, severity: "warning", found, remedy };
}

const proxies: PairCheck = (one, other) => {
  const [a, b] = [one.cluster.spec.proxy, other.cluster.spec.proxy];
  if (a.port !== b.port || !addressesClash(a.address, b.address)) return null;
  return {
    path: ["spec", "proxy", "port"],
    severity: "error",
    found: `The proxy's ${a.address}:${a.port} is taken by`,
    remedy: "give one of the two another port",
  };
};

/** `::` takes IPv4 too, where the system has not been told otherwise. */
function addressesClash(a: string, b: string): boolean {
  if (a === b || a === "::" || b === "::") return true;
  return isIPv4(a) && isIPv4(b) && (a === "0.0.0.0" || b === "0.0.0.0");
}

const PAIR_CHECKS: readonly PairCheck[] = [networks, proxies];
