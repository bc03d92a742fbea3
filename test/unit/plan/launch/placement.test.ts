/** Where a node goes, and why it goes nowhere. */
import { describe, expect, it } from "vitest";
import type { PlacedNode } from "../../../../controller/plan/launch/candidate.ts";
import type { Choice } from "../../../../controller/plan/launch/placement.ts";
import type { ObservedOffer } from "../../../../controller/model/observed.ts";
import type { Attribute } from "../../../../controller/mesos/wire.ts";
import type { PlacementConstraint } from "../../../../crd-schema/spec.ts";
import { choose, constraint, hostOf, node, offer, text } from "./places.ts";

function offersOf(offers: readonly ObservedOffer[]): readonly string[] {
  const choice = choose({ offers });
  if ("refused" in choice) throw new Error(choice.refused);
  return choice.offerIds;
}

describe("the offers that are taken", () => {
  it("of several that suffice, the smallest: the larger ones may serve others", () => {
    const offers = [offer("h", { id: "big", cpus: 4 }), offer("h", { id: "small", cpus: 0.5 })];
    expect(offersOf(offers)).toEqual(["small"]);
  });

  it("several of one agent, when none alone suffices", () => {
    const offers = [
      offer("h", { id: "a", cpus: 0.1, memoryMiB: 512 }),
      offer("h", { id: "b", cpus: 0.2, memoryMiB: 256 }),
    ];
    expect(offersOf(offers).toSorted()).toEqual(["a", "b"]);
  });

  it("no more of them than are needed", () => {
    const offers = [
      offer("h", { id: "cores", cpus: 0.24, memoryMiB: 10, diskMiB: 10 }),
      offer("h", { id: "room", cpus: 0.2, memoryMiB: 760, diskMiB: 2000 }),
      offer("h", { id: "rest", cpus: 0.1, memoryMiB: 20, diskMiB: 0 }),
      offer("h", { id: "crumb", cpus: 0.01, memoryMiB: 1, diskMiB: 0 }),
    ];
    expect(offersOf(offers).toSorted()).toEqual(["cores", "room"]);
  });

  it("exactly what is needed, although 0.1 and 0.15 do not add up in binary", () => {
    const part = { memoryMiB: 384, diskMiB: 512 };
    const offers = [
      offer("h", { id: "a", cpus: 0.1, ...part }),
      offer("h", { id: "b", cpus: 0.15, ...part }),
    ];
    expect(offersOf(offers).toSorted()).toEqual(["a", "b"]);
  });

  it("never those of two agents together", () => {
    const half = { cpus: 0.2 };
    const choice = choose({ offers: [offer("x", half), offer("y", half)] });
    expect(choice).toMatchObject({
      refused:
        "none of 2 agents that offer fits (a node needs 0.25 cpus, 768 MiB of memory, 1024 MiB of disk): " +
        "x offers 0.2 of 0.25 cpus; y offers 0.2 of 0.25 cpus",
    });
  });
});

describe("the agent that is taken", () => {
  const offers = [offer("x"), offer("y"), offer("z")];

  it("is the one with the fewest nodes of the cluster", () => {
    expect(hostOf({ offers, placed: [node(0, "x"), node(1, "y")] })).toBe("z");
  });

  it("is not on a host that has a node, whichever of its agents that runs on", () => {
    const second = offer("x", { id: "o-x2", agentId: "a-x2", cpus: 8 });
    expect(hostOf({ offers: [second, offer("y")], placed: [node(0, "x")] })).toBe("y");
  });

  it("is one that runs no node yet, on the host with the fewest", () => {
    const second = offer("x", { id: "o-x2", agentId: "a-x2", cpus: 0.5 });
    const choice = choose({ offers: [offer("x"), second], placed: [node(0, "x")] });
    expect(choice).toMatchObject({ agentId: "a-x2" });
  });

  it("is the one that has the slot's data, even if it has more nodes", () => {
    const placed = [node(0, "x"), node(1, "x")];
    expect(hostOf({ offers, placed, prefer: { agentId: "a-x", hostname: null } })).toBe("x");
  });

  it("is another when the one with the data offers too little", () => {
    const small = [offer("x", { cpus: 0.1 }), offer("y")];
    expect(hostOf({ offers: small, prefer: { agentId: "a-x", hostname: null } })).toBe("y");
  });

  it("is another when a constraint excludes the one with the data", () => {
    const placement = { constraints: [constraint("hostname", "UNIQUE")], spread: null };
    const placed = [node(1, "x")];
    expect(hostOf({ offers, placed, placement, prefer: { agentId: "a-x", hostname: null } })).toBe(
      "y",
    );
  });

  it("is on the rack with the fewest nodes, when spread over racks", () => {
    const racks = [
      offer("x", { attributes: [text("rack", "r1")] }),
      offer("y", { attributes: [text("rack", "r2")], cpus: 0.5 }),
    ];
    const placed = [node(0, "w", [text("rack", "r1")])];
    const placement = { constraints: [], spread: "rack" };
    expect(hostOf({ offers: racks, placed, placement })).toBe("y");
  });

  it("has the attribute to spread over, if any has it", () => {
    const some = [offer("x", { cpus: 8 }), offer("y", { attributes: [text("rack", "r1")] })];
    const placement = { constraints: [], spread: "rack" };
    expect(hostOf({ offers: some, placement })).toBe("y");
    expect(hostOf({ offers: some.slice(0, 1), placement })).toBe("x");
  });

  it("is the one with the most room when all else is equal", () => {
    expect(hostOf({ offers: [offer("x"), offer("y", { cpus: 2 })] })).toBe("y");
  });

  it("does not depend on the order of the offers", () => {
    const choices = [offers, offers.toReversed()].map((some) => choose({ offers: some }) as Choice);
    expect(choices[0]).toEqual(choices[1]);
  });
});

const RACKS: readonly Attribute[] = [text("rack", "r1")];

describe("a constraint", () => {
  const SCALAR: Attribute = { name: "level", type: "SCALAR", scalar: { value: 2 } };
  const SET = { name: "set", type: "SET", set: { item: ["a"] } } as unknown as Attribute;
  const RANGES: Attribute = {
    name: "ports",
    type: "RANGES",
    ranges: { range: [{ begin: 1, end: 9 }] },
  };

  it.each<readonly [string, PlacementConstraint, readonly PlacedNode[], boolean]>([
    ["UNIQUE: no other node there", constraint("hostname", "UNIQUE"), [node(0, "w")], true],
    ["UNIQUE: another node there", constraint("hostname", "UNIQUE"), [node(0, "x")], false],
    ["UNIQUE: by attribute", constraint("rack", "UNIQUE"), [node(0, "w", RACKS)], false],
    ["UNIQUE: no such attribute", constraint("zone", "UNIQUE"), [], false],
    ["MAX_PER: one of two", constraint("rack", "MAX_PER", "2"), [node(0, "w", RACKS)], true],
    [
      "MAX_PER: two of two",
      constraint("rack", "MAX_PER", "2"),
      [node(0, "w", RACKS), node(1, "x", RACKS)],
      false,
    ],
    ["CLUSTER: the value that is given", constraint("rack", "CLUSTER", "r1"), [], true],
    ["CLUSTER: another than is given", constraint("rack", "CLUSTER", "r2"), [], false],
    ["CLUSTER: the first node chooses", constraint("rack", "CLUSTER"), [], true],
    [
      "CLUSTER: another than the first node's",
      constraint("rack", "CLUSTER"),
      [node(0, "w", [text("rack", "r2")])],
      false,
    ],
    ["GROUP_BY: the first node", constraint("rack", "GROUP_BY"), [], true],
    [
      "GROUP_BY: a value that has no node yet",
      constraint("rack", "GROUP_BY"),
      [node(0, "w", [text("rack", "r2")])],
      true,
    ],
    [
      "GROUP_BY: as few as any",
      constraint("rack", "GROUP_BY"),
      [node(0, "w", [text("rack", "r2")]), node(1, "x", RACKS)],
      true,
    ],
    [
      "GROUP_BY: more than another",
      constraint("rack", "GROUP_BY"),
      [node(0, "w", [text("rack", "r2")]), node(1, "x", RACKS), node(2, "y", RACKS)],
      false,
    ],
    [
      "GROUP_BY: another value has to come first",
      constraint("rack", "GROUP_BY", "2"),
      [node(1, "x", RACKS)],
      false,
    ],
    [
      "GROUP_BY: what has no such attribute is in no group",
      constraint("rack", "GROUP_BY"),
      [node(0, "w"), node(1, "x", RACKS)],
      true,
    ],
    ["GROUP_BY: no such attribute", constraint("zone", "GROUP_BY"), [], false],
    ["LIKE: the whole value", constraint("rack", "LIKE", "r[12]"), [], true],
    ["LIKE: a part of the value is not enough", constraint("rack", "LIKE", "r"), [], false],
    ["LIKE: alternatives are bracketed", constraint("rack", "LIKE", "r1|x"), [], true],
    ["LIKE: a host name", constraint("hostname", "LIKE", "x.*"), [], true],
    ["LIKE: a scalar as text", constraint("level", "LIKE", "2"), [], true],
    ["LIKE: ranges as text", constraint("ports", "LIKE", "\\[1-9\\]"), [], true],
    [
      "LIKE: an attribute of a type that Mesos does not have today",
      constraint("set", "LIKE", ".*"),
      [],
      false,
    ],
    ["LIKE: no such attribute", constraint("zone", "LIKE", ".*"), [], false],
    ["UNLIKE: matches", constraint("rack", "UNLIKE", "r1"), [], false],
    ["UNLIKE: does not match", constraint("rack", "UNLIKE", "r2"), [], true],
    ["UNLIKE: no such attribute", constraint("zone", "UNLIKE", "z1"), [], true],
  ])("%s", (_, one, placed, fits) => {
    const offers = [offer("x", { attributes: [...RACKS, SCALAR, RANGES, SET] })];
    const placement = { constraints: [one], spread: null };
    expect("refused" in choose({ offers, placed, placement })).toBe(!fits);
  });
});

describe("a refusal says why, in one sentence", () => {
  it("no offer at all", () => {
    expect(choose({})).toMatchObject({
      refused:
        "no agent offers anything; a node needs 0.25 cpus, 768 MiB of memory, 1024 MiB of disk",
    });
  });

  it("what the only agent lacks", () => {
    expect(choose({ offers: [offer("x", { cpus: 0.1, memoryMiB: 100 })] })).toMatchObject({
      refused:
        "the only agent that offers does not fit (a node needs 0.25 cpus, 768 MiB of memory, 1024 MiB of disk): " +
        "x offers 0.1 of 0.25 cpus and 100 of 768 MiB of memory",
    });
  });

  it("which constraint excludes each agent, of at most three", () => {
    const offers = ["p", "q", "r", "s"].map((host) => offer(host, { attributes: RACKS }));
    const placement = { constraints: [constraint("rack", "LIKE", "r9")], spread: null };
    expect(choose({ offers, placement })).toMatchObject({
      refused:
        "none of 4 agents that offer fits (a node needs 0.25 cpus, 768 MiB of memory, 1024 MiB of disk): " +
        "p has rack r1, not LIKE r9; q has rack r1, not LIKE r9; r has rack r1, not LIKE r9; and 1 more",
    });
  });
});
