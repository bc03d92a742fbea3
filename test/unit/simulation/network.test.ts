import { beforeEach, describe, expect, it } from "vitest";
import {
  CALM,
  MessageNetwork,
  type MessageNetworkOptions,
} from "../../simulation/engine/network.ts";
import { Rng } from "../../simulation/engine/rng.ts";
import { Scheduler, SIMULATION_START_MS } from "../../simulation/engine/scheduler.ts";

let scheduler: Scheduler;
let received: string[];
let network: MessageNetwork<number>;

function open(options: MessageNetworkOptions = {}): void {
  scheduler = new Scheduler();
  received = [];
  network = new MessageNetwork(scheduler, new Rng(1), options);
  for (const name of ["a", "b", "c"]) {
    network.attach(name, (from, message) => received.push(`${from}>${name} ${message}`));
  }
}

function pass(ms = 1_000): void {
  scheduler.runSync({ untilMs: scheduler.now() + ms });
}

function sendMany(count: number): void {
  for (let i = 0; i < count; i++) network.send("a", "b", i);
}

const arrived = () => received.map((line) => Number(line.split(" ")[1]));

beforeEach(() => open());

describe("the network", () => {
  it("delivers in order, after the latency", () => {
    network.conditions = { ...CALM, latencyMs: { min: 5, max: 50 } };
    sendMany(100);
    pass(4);
    expect(received).toEqual([]);
    pass(46);
    expect(arrived()).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("loses, doubles and holds up messages as often as asked", () => {
    network.conditions = { ...CALM, lossChance: 0.2, duplicateChance: 0.1, delayChance: 0.3 };
    sendMany(2_000);
    pass();
    const { lost, duplicated, delayed, delivered } = network.counts;
    expect(Math.abs(lost - 400)).toBeLessThan(80);
    expect(Math.abs(duplicated - 160)).toBeLessThan(50);
    expect(Math.abs(delayed - 530)).toBeLessThan(90);
    expect(delivered).toBe(2_000 - lost + duplicated);
    expect(received).toHaveLength(delivered);
  });

  it("lets messages overtake where told to", () => {
    network.conditions = { ...CALM, latencyMs: { min: 1, max: 50 }, reorderChance: 1 };
    sendMany(50);
    pass();
    expect(arrived()).not.toEqual([...arrived()].sort((x, y) => x - y));
    expect([...arrived()].sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it("cuts one direction, both, or a node from everybody, what is under way included", () => {
    network.send("a", "b", 1);
    network.cutOneWay("a", "b");
    network.send("b", "a", 2);
    pass();
    expect(received).toEqual(["b>a 2"]);
    network.cut("a", "b");
    network.send("b", "a", 3);
    network.send("a", "c", 4);
    pass();
    expect(received).toEqual(["b>a 2", "a>c 4"]);
    network.isolate("c");
    network.send("a", "c", 5);
    pass();
    network.healAll();
    network.send("a", "c", 6);
    network.send("b", "a", 7);
    pass();
    expect(received).toEqual(["b>a 2", "a>c 4", "a>c 6", "b>a 7"]);
    expect(network.counts.cut).toBe(3);
  });

  it("partitions into groups", () => {
    network.partition([["a"], ["b", "c"]]);
    network.send("a", "c", 1);
    network.send("b", "c", 2);
    pass();
    expect(received).toEqual(["b>c 2"]);
    network.heal("a", "c");
    network.send("a", "c", 3);
    pass();
    expect(received).toEqual(["b>c 2", "a>c 3"]);
  });

  it("has links with conditions of their own", () => {
    network.setLink("a", "b", { ...CALM, latencyMs: { min: 500, max: 500 } });
    network.send("a", "b", 1);
    network.send("b", "a", 2);
    pass(499);
    expect(received).toEqual(["b>a 2"]);
    pass(1);
    expect(received).toEqual(["b>a 2", "a>b 1"]);
  });

  it.each([
    ["drops with a process what is under way to it", {}, []],
    ["delivers datagrams to whoever bears the name", { connections: false }, [1]],
  ])("%s", (_, options: MessageNetworkOptions, expected) => {
    open(options);
    const later: number[] = [];
    const detach = network.attach("d", () => undefined);
    network.send("a", "d", 1);
    detach();
    network.attach("d", (_from, message) => later.push(message));
    pass();
    expect(later).toEqual(expected);
  });

  it("refuses two nodes of one name", () => {
    expect(() => network.attach("a", () => undefined)).toThrow("a is attached already");
  });

  it("behaves the same for the same seed", () => {
    const run = () => {
      open({ conditions: { ...CALM, lossChance: 0.3, reorderChance: 0.5 } });
      sendMany(200);
      pass();
      return [received, scheduler.now() - SIMULATION_START_MS];
    };
    expect(run()).toEqual(run());
  });
});
