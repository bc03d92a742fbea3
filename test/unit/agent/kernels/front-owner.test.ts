/** Whose JupyterLab may reach the kernels. */
import { describe, expect, it } from "vitest";
import {
  type Elected,
  electedOf,
  frontOwner,
} from "../../../../agent-image/agent/kernels/front-owner.ts";
import type { EtcdHealth } from "../../../../controller/model/agent-api.ts";
import { aMember } from "./kernel-fixtures.ts";

const hosts = { clusterId: "c", term: 3, leaderSlot: 0, names: [] };
const members = [0, 1].map((slot) => ({ ...aMember(slot), kernels: { clientKey: `key-${slot}` } }));
const elected: Elected = { clusterId: "c", term: 4, memberId: "2" };

describe("the owner of the kernels' fronts", () => {
  it.each<[string, Elected | null, { term: number; clientKey: string } | null]>([
    ["the table's leader, while nobody else is known", null, { term: 3, clientKey: "key-0" }],
    ["the leader of a later term, before its table", elected, { term: 4, clientKey: "key-1" }],
    [
      "the table's leader, when what is known is older",
      { ...elected, term: 2 },
      { term: 3, clientKey: "key-0" },
    ],
    [
      "the table's leader of the same term",
      { ...elected, term: 3 },
      { term: 3, clientKey: "key-0" },
    ],
    [
      "the table's leader, where another cluster's terms are known",
      { ...elected, clusterId: "d" },
      { term: 3, clientKey: "key-0" },
    ],
    ["nobody, while a later leader is not registered", { ...elected, memberId: "9" }, null],
  ])("is %s", (_, known, owner) => {
    expect(frontOwner({ hosts, members }, known)).toEqual(owner);
  });

  it("is nobody without a table", () => {
    expect(frontOwner({ hosts: null, members }, elected)).toBeNull();
  });

  it("is nobody whose node starts no kernels", () => {
    const without = members.map((member) => ({ ...member, kernels: undefined }));
    expect(frontOwner({ hosts, members: without }, null)).toBeNull();
  });
});

describe("who was elected", () => {
  const health = { clusterId: "c", raftTerm: 4, leaderId: "2" } as EtcdHealth;

  it.each<[string, EtcdHealth | null, Elected | null, Elected | null]>([
    ["is as the local member says", health, null, elected],
    [
      "stays while there is no leader",
      { ...health, raftTerm: 5, leaderId: null },
      elected,
      elected,
    ],
    ["stays while the member is silent", null, elected, elected],
    [
      "stays at word of an earlier term",
      { ...health, raftTerm: 3, leaderId: "1" },
      elected,
      elected,
    ],
    [
      "is another one in another cluster, whose terms begin anew",
      { ...health, clusterId: "d", raftTerm: 2 },
      elected,
      { clusterId: "d", term: 2, memberId: "2" },
    ],
  ])("%s", (_, now, before, expected) => {
    expect(electedOf(now, before)).toEqual(expected);
  });
});
