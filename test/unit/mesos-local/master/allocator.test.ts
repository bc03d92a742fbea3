import { describe, expect, test } from "vitest";
import { allocate, refusalEnd } from "../../../../controller/mesos-local/master/allocator.ts";
import {
  add,
  type Amounts,
  contains,
  NOTHING,
  subtract,
} from "../../../../controller/mesos-local/master/resources.ts";

const NOW = 1_000_000;

function amounts(cpus: number, mem = 1024, disk = 0): Amounts {
  return { cpus, mem, disk, ports: [] };
}

function agent(id: string, free: Amounts) {
  return { id, total: amounts(4, 4096, 1000), free };
}

function framework(id: string, fields: object = {}) {
  return { id, allocated: NOTHING, filters: [], ...fields };
}

describe("an allocation", () => {
  test("offers the whole free rest of each agent", () => {
    const agents = [agent("a", amounts(4)), agent("b", amounts(1.5))];
    expect(allocate(agents, [framework("f")], NOW)).toEqual([
      { frameworkId: "f", agentId: "a", amounts: amounts(4) },
      { frameworkId: "f", agentId: "b", amounts: amounts(1.5) },
    ]);
  });

  test("offers nothing of an agent that has less than 0.01 cpus and 32 MiB left", () => {
    expect(allocate([agent("a", amounts(0.009, 31))], [framework("f")], NOW)).toEqual([]);
  });

  test("offers memory alone", () => {
    expect(allocate([agent("a", amounts(0, 32))], [framework("f")], NOW)).toHaveLength(1);
  });

  test("serves the framework with the smaller dominant share first, then evens out", () => {
    const agents = [agent("a", amounts(2)), agent("b", amounts(2))];
    const frameworks = [framework("rich", { allocated: amounts(3) }), framework("poor")];
    const takers = allocate(agents, frameworks, NOW).map((grant) => grant.frameworkId);
    expect(takers).toEqual(["poor", "poor"]);
    const equal = allocate(agents, [framework("x"), framework("y")], NOW);
    expect(equal.map((grant) => grant.frameworkId)).toEqual(["x", "y"]);
  });

  test("keeps back what was refused, and what is no more than that", () => {
    const filters = [{ agentId: "a", amounts: amounts(2), until: NOW + 1 }];
    const frameworks = [framework("f", { filters })];
    expect(allocate([agent("a", amounts(2))], frameworks, NOW)).toEqual([]);
    expect(allocate([agent("a", amounts(1))], frameworks, NOW)).toEqual([]);
  });

  test("offers again what has grown beyond the refusal", () => {
    const filters = [{ agentId: "a", amounts: amounts(2), until: NOW + 1 }];
    const grown = allocate([agent("a", amounts(2.1))], [framework("f", { filters })], NOW);
    expect(grown).toHaveLength(1);
  });

  test("offers again when the refusal is over", () => {
    const filters = [{ agentId: "a", amounts: amounts(2), until: NOW }];
    expect(allocate([agent("a", amounts(2))], [framework("f", { filters })], NOW)).toHaveLength(1);
  });
});

describe("a refusal", () => {
  test.each([
    ["nothing said: 5 s", undefined, 5000],
    ["zero: no refusal at all", 0, 0],
    ["less than an allocation: one allocation", 0.1, 1000],
    ["a negative time: the default", -1, 5000],
    ["an endless time: a year", Number.POSITIVE_INFINITY, 365 * 24 * 3600 * 1000],
  ])("%s", (_name, seconds, expected) => {
    expect(refusalEnd(NOW, seconds) - NOW).toBe(expected);
  });
});

describe("amounts", () => {
  test("add and subtract without the dirt of binary fractions", () => {
    expect(add(amounts(0.1), amounts(0.2)).cpus).toBe(0.3);
    expect(subtract(amounts(4), amounts(3.9)).cpus).toBe(0.1);
  });

  test("never fall below zero", () => {
    expect(subtract(amounts(1), amounts(2)).cpus).toBe(0);
  });

  test("cut ports out of ranges and put them back together", () => {
    const whole = { ...NOTHING, ports: [{ begin: 31_000, end: 31_100 }] };
    const one = { ...NOTHING, ports: [{ begin: 31_010, end: 31_010 }] };
    const cut = subtract(whole, one);
    expect(cut.ports).toEqual([
      { begin: 31_000, end: 31_009 },
      { begin: 31_011, end: 31_100 },
    ]);
    expect(contains(cut, one)).toBe(false);
    expect(add(cut, one)).toEqual(whole);
  });
});
