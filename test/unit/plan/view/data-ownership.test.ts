/** What a slot's data is to the cluster, fact by fact. */
import { describe, expect, it } from "vitest";
import type { AgentStatus, EtcdData, UnitStatus } from "../../../../controller/model/agent-api.ts";
import { NO_RECOVERY } from "../../../../controller/model/recovery-memory.ts";
import {
  type DataOwnership,
  dataOwnership,
} from "../../../../controller/plan/view/data-ownership.ts";
import { healthyStatus } from "../../../support/agents/fake-agent.ts";

const present = (clusterId: string | null, memberId: string | null): EtcdData => ({
  state: "present",
  clusterId,
  memberId,
  raftIndex: 1,
  raftTerm: 1,
});
const member = { id: "a1", name: "slot-1", peerUrls: [], isLearner: false };

interface Row {
  readonly agent?: Partial<AgentStatus> | null;
  readonly data?: EtcdData;
  readonly etcd?: UnitStatus["state"];
  readonly memberId?: string | null;
  readonly failing?: boolean;
  readonly clusterId?: string | null;
  readonly epoch?: number;
  readonly abandoned?: readonly string[];
  readonly members?: readonly (typeof member)[] | null;
}

function ownershipOf(facts: Row): DataOwnership {
  const base = healthyStatus();
  const units = { ...base.units, etcd: { ...base.units.etcd, state: facts.etcd ?? "running" } };
  const status = { ...base, units, ...facts.agent, data: facts.data ?? present("c1", "a1") };
  const agent = facts.agent === null ? null : status;
  const { epoch = 0, abandoned = [], failing = false, memberId = "a1" } = facts;
  return dataOwnership(
    { agent, memberId, failing },
    {
      clusterId: facts.clusterId === undefined ? "c1" : facts.clusterId,
      recovery: { ...NO_RECOVERY, epoch, abandoned },
      members: facts.members === undefined ? null : facts.members,
    },
  );
}

const EMPTY: EtcdData = { state: "empty" };
const TABLE: readonly (readonly [string, Row, DataOwnership])[] = [
  ["nobody sees it", { agent: null }, "unknown"],
  [
    "there is none, and its agent waits",
    { data: EMPTY, agent: { phase: "awaiting-start" } },
    "empty",
  ],
  [
    "there is none yet, for its etcd has just been started",
    { data: EMPTY, etcd: "starting" },
    "unknown",
  ],
  ["there is none, though its etcd should run", { data: EMPTY, etcd: "stopped" }, "unknown"],
  ["there is none, and its etcd cannot start without", { data: EMPTY, etcd: "backoff" }, "empty"],
  ["it is broken", { data: { state: "corrupt", reason: "crc mismatch" } }, "stale"],
  ["no cluster is formed yet that it could be foreign to", { clusterId: null }, "own"],
  ["it is of another cluster", { data: present("ff", "a1") }, "foreign"],
  [
    "it is of a cluster that was given up",
    { data: present("ff", "a1"), abandoned: ["ff"] },
    "stale",
  ],
  ["its member is there", { members: [member] }, "own"],
  ["its member was removed", { members: [] }, "stale"],
  [
    "its member is there, but its etcd does not start on it",
    { members: [member], failing: true },
    "stale",
  ],
  ["no quorum can be asked", {}, "own"],
  ["no quorum can be asked, and the cluster was begun anew with it", { epoch: 1 }, "own"],
  ["no quorum can be asked, and it is of the time before", { epoch: 1, memberId: null }, "stale"],
];

describe("a slot's data", () => {
  it.each(TABLE)("when %s", (_, facts, expected) => {
    expect(ownershipOf(facts)).toBe(expected);
  });
});
