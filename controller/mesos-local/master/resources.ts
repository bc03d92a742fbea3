/**
 * Arithmetic over the resources of an agent: cpus, mem, disk (scalars) and ports (ranges). Pure.
 * Scalars have three decimals, as in Mesos (src/common/values.cpp), so that sums compare equal.
 */
import type { Resource } from "../../mesos/wire.ts";

export interface PortRange {
  readonly begin: number;
  readonly end: number;
}

export interface Amounts {
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
  /** MiB. */
  readonly disk: number;
  /** Sorted, disjoint, inclusive. */
  readonly ports: readonly PortRange[];
}

export const NOTHING: Amounts = { cpus: 0, mem: 0, disk: 0, ports: [] };

const SCALARS = ["cpus", "mem", "disk"] as const;

/** The allocator offers nothing smaller (Mesos's MIN_CPUS and MIN_MEM). */
const CPUS_OFFERED_MIN = 0.01;
const MEM_OFFERED_MIN_MIB = 32;

export function add(a: Amounts, b: Amounts): Amounts {
  return {
    cpus: rounded(a.cpus + b.cpus),
    mem: rounded(a.mem + b.mem),
    disk: rounded(a.disk + b.disk),
    ports: normalized([...a.ports, ...b.ports]),
  };
}

/** Never below zero: an agent that was made smaller has nothing left, not less than nothing. */
export function subtract(a: Amounts, b: Amounts): Amounts {
  return {
    cpus: rounded(Math.max(0, a.cpus - b.cpus)),
    mem: rounded(Math.max(0, a.mem - b.mem)),
    disk: rounded(Math.max(0, a.disk - b.disk)),
    ports: b.ports.reduce(withoutRange, a.ports),
  };
}

export function sum(amounts: readonly Amounts[]): Amounts {
  return amounts.reduce(add, NOTHING);
}

export function contains(whole: Amounts, part: Amounts): boolean {
  return (
    SCALARS.every((name) => part[name] <= whole[name] + 1e-9) &&
    part.ports.every((p) => whole.ports.some((w) => w.begin <= p.begin && p.end <= w.end))
  );
}

export function isAllocatable(amounts: Amounts): boolean {
  return amounts.cpus >= CPUS_OFFERED_MIN || amounts.mem >= MEM_OFFERED_MIN_MIB;
}

export function isNothing(amounts: Amounts): boolean {
  return SCALARS.every((name) => amounts[name] === 0) && amounts.ports.length === 0;
}

/** Reads a task's resources; a string says what this agent does not have. */
export function amountsOf(resources: readonly Resource[]): Amounts | string {
  let total = NOTHING;
  for (const { name, scalar, ranges } of resources) {
    if (name === "ports") {
      const ports = ranges?.range ?? [];
      if (ports.some((p) => !(p.begin <= p.end))) return "Invalid ranges of resource 'ports'";
      total = add(total, { ...NOTHING, ports });
    } else if (name === "cpus" || name === "mem" || name === "disk") {
      const value = scalar?.value;
      if (value === undefined || !Number.isFinite(value) || value < 0) {
        return `Invalid scalar of resource '${name}'`;
      }
      total = add(total, { ...NOTHING, [name]: value });
    } else {
      return `Resource '${name}' is not offered by this agent`;
    }
  }
  return total;
}

/** Wire form; empty resources are left out. `allocatedRole` is set for MULTI_ROLE frameworks. */
export function toWire(amounts: Amounts, allocatedRole: string | null): Resource[] {
  const common = {
    role: "*",
    ...(allocatedRole === null ? {} : { allocation_info: { role: allocatedRole } }),
  };
  const range = amounts.ports.map(({ begin, end }) => ({ begin, end }));
  const ports: Resource = { name: "ports", type: "RANGES", ranges: { range }, ...common };
  const scalars = SCALARS.filter((name) => amounts[name] > 0).map(
    (name): Resource => ({ name, type: "SCALAR", scalar: { value: amounts[name] }, ...common }),
  );
  return range.length === 0 ? scalars : [ports, ...scalars];
}

/** As Mesos prints it in messages: `ports(allocated: *):[1-2]; cpus(allocated: *):0.1`. */
export function describe(amounts: Amounts, role: string): string {
  const ports = amounts.ports.map((p) => `${p.begin}-${p.end}`).join(", ");
  const parts = [
    ...(ports === "" ? [] : [`ports(allocated: ${role}):[${ports}]`]),
    ...SCALARS.filter((name) => amounts[name] > 0).map(
      (name) => `${name}(allocated: ${role}):${amounts[name]}`,
    ),
  ];
  return parts.length === 0 ? "{}" : parts.join("; ");
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function normalized(ranges: readonly PortRange[]): PortRange[] {
  const sorted = [...ranges].sort((a, b) => a.begin - b.begin);
  const merged: PortRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && range.begin <= last.end + 1) {
      merged[merged.length - 1] = { begin: last.begin, end: Math.max(last.end, range.end) };
    } else {
      merged.push({ begin: range.begin, end: range.end });
    }
  }
  return merged;
}

function withoutRange(ports: readonly PortRange[], taken: PortRange): PortRange[] {
  return ports.flatMap((p) => {
    if (taken.end < p.begin || p.end < taken.begin) return [p];
    return [
      ...(p.begin < taken.begin ? [{ begin: p.begin, end: taken.begin - 1 }] : []),
      ...(taken.end < p.end ? [{ begin: taken.end + 1, end: p.end }] : []),
    ];
  });
}
