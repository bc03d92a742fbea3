/** What is said of every offer: used for what, or why not. */
import { describe, expect, it } from "vitest";
import type { PlacementInput } from "../../../../controller/plan/launch/candidate.ts";
import type { ObservedOffer } from "../../../../controller/model/observed.ts";
import { choose, constraint, hostOf, node, offer, text } from "./places.ts";

describe("of every offer it is said why it was used or was not", () => {
  const MINUTE = 60_000;
  const maintained = { unavailability: { from: 40 * MINUTE, until: null } };
  const unique = { constraints: [constraint("hostname", "UNIQUE")], spread: null };
  const byRack = { constraints: [], spread: "rack" };

  it.each<readonly [string, Partial<PlacementInput>, Readonly<Record<string, string>>]>([
    [
      "the data of the slot is elsewhere",
      { offers: [offer("x"), offer("y", { cpus: 9 })], prefer: { agentId: "a-x", hostname: "x" } },
      {
        "o-x": "Used: a node was launched on it",
        "o-y": "DataElsewhere: fits; x has the slot's data",
      },
    ],
    [
      "another host has fewer nodes of the cluster",
      { offers: [offer("x"), offer("y", { cpus: 9 })], placed: [node(0, "y")] },
      {
        "o-x": "Used: a node was launched on it",
        "o-y": "OtherPreferred: fits; x has fewer nodes of the cluster",
      },
    ],
    [
      "another host is on a rack with fewer nodes",
      {
        offers: ["x", "y"].map((host) => offer(host, { attributes: [text("rack", host)] })),
        placed: [node(0, "w", [text("rack", "y")])],
        placement: byRack,
      },
      {
        "o-x": "Used: a node was launched on it",
        "o-y": "OtherPreferred: fits; x has fewer nodes of the cluster with its rack",
      },
    ],
    [
      "another host has more room, or is as good",
      { offers: [offer("x"), offer("y"), offer("z", { cpus: 0.5 })] },
      {
        "o-x": "Used: a node was launched on it",
        "o-y": "OtherPreferred: fits; x fits as well",
        "o-z": "OtherPreferred: fits; x offers more cpus",
      },
    ],
    [
      "a constraint refuses it",
      { offers: [offer("x")], placed: [node(0, "x")], placement: unique },
      { "o-x": "Constraint: has a node with hostname x already (UNIQUE)" },
    ],
    [
      "what it has is of no use",
      { offers: [offer("x", { cpus: 0, leftOut: ["4 cpus (revocable)"] })] },
      { "o-x": "TooSmall: offers 0 of 0.25 cpus, not counting 4 cpus (revocable)" },
    ],
    [
      "its host goes down soon",
      { offers: [offer("x", maintained), offer("y", { cpus: 0.3 })] },
      {
        "o-x": "Unavailability: goes down for maintenance in 40 minutes",
        "o-y": "Used: a node was launched on it",
      },
    ],
    [
      "its host is down for maintenance",
      { offers: [offer("x", maintained)], now: 41 * MINUTE },
      { "o-x": "Unavailability: is under maintenance" },
    ],
    [
      "another offer of its agent was enough",
      { offers: [offer("x"), offer("x", { id: "more", cpus: 4 })] },
      {
        more: "NotNeeded: fits; another offer of its agent was enough",
        "o-x": "Used: a node was launched on it",
      },
    ],
  ])("%s", (_, change, told) => {
    const judged = [...choose(change).judgements].map(
      ([id, { reason, message }]) => [id, `${reason}: ${message}`] as const,
    );
    expect(Object.fromEntries(judged)).toEqual(told);
  });

  it.each<readonly [string, number, ObservedOffer["unavailability"], Partial<PlacementInput>]>([
    ["the maintenance is more than an hour away", 0, { from: 61 * MINUTE, until: null }, {}],
    ["the maintenance is over", 9 * MINUTE, { from: MINUTE, until: 9 * MINUTE }, {}],
    [
      "its data is what is missing for a quorum",
      0,
      { from: MINUTE, until: null },
      { prefer: { agentId: "a-x", hostname: "x" }, needsData: true },
    ],
  ])("and it is used when %s", (_, now, unavailability, change) => {
    expect(hostOf({ offers: [offer("x", { unavailability })], now, ...change })).toBe("x");
  });
});
