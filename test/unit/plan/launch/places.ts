/** Hosts, racks and offers for tests of placement. */
import type { PlacedNode, PlacementInput } from "../../../../controller/plan/launch/candidate.ts";
import { chooseOffers } from "../../../../controller/plan/launch/placement.ts";
import type { ObservedOffer } from "../../../../controller/model/observed.ts";
import type { Attribute } from "../../../../controller/mesos/wire.ts";
import type { PlacementConstraint } from "../../../../crd-schema/spec.ts";

const NEED = { cpus: 0.25, memoryMiB: 768, diskMiB: 1024 };

export function text(name: string, value: string): Attribute {
  return { name, type: "TEXT", text: { value } };
}

/** An offer of agent `a-<host>` on `host`; enough for one node unless said otherwise. */
export function offer(host: string, change: Partial<ObservedOffer> = {}): ObservedOffer {
  const id = change.id ?? `o-${host}`;
  const agentId = `a-${host}`;
  return {
    id,
    agentId,
    hostname: host,
    cpus: 1,
    memoryMiB: 1024,
    diskMiB: 4096,
    attributes: [],
    leftOut: [],
    unavailability: null,
    raw: {
      id: { value: id },
      framework_id: { value: "f" },
      agent_id: { value: agentId },
      hostname: host,
      resources: [],
    },
    ...change,
  };
}

export function node(
  slot: number,
  host: string,
  attributes: readonly Attribute[] = [],
): PlacedNode {
  return { slot, hostname: host, agentId: `a-${host}`, attributes };
}

export function constraint(
  field: string,
  operator: PlacementConstraint["operator"],
  value: string | null = null,
): PlacementConstraint {
  return { field, operator, value };
}

export function choose(change: Partial<PlacementInput>) {
  const none = { constraints: [], spread: null };
  return chooseOffers({ offers: [], need: NEED, placed: [], placement: none, now: 0, ...change });
}

export function hostOf(change: Partial<PlacementInput>): string {
  const choice = choose(change);
  return "refused" in choice ? `refused: ${choice.refused}` : choice.hostname;
}
