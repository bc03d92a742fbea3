/** Whose word about the end of its log may decide who goes on alone. */
import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import { lastKnown } from "../../../../controller/model/observed.ts";
import { hasReadItsLog } from "../../../../controller/plan/recovery/quorum-loss.ts";
import { viewCluster } from "../../../../controller/plan/view/cluster-view.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { decide } from "../../../support/planner/condition-table.ts";
import { afterGrace, lostRun } from "../../../support/planner/lost-quorum.ts";
import { readyRun } from "../../../support/planner/run.ts";

function survivor(
  logEnd: number,
  etcd: Partial<NonNullable<AgentStatus["etcd"]>>,
  readingDue = false,
) {
  const { memory, world, now } = readyRun();
  const observed = world.observed();
  const [node] = viewCluster({ memory, observed, now, defaultImage: "image" }).nodes;
  const agent = [...observed.agents.values()].map(lastKnown).find((a) => a?.slot === node?.slot);
  if (node === undefined || agent?.etcd == null || agent.data.state !== "present") {
    throw new Error("slot 0 does not run");
  }
  const data = { ...agent.data, raftIndex: logEnd, readingDue };
  const said = { ...agent.etcd, raftIndex: 26, isLearner: false, ...etcd };
  return { ...node, agent: { ...agent, data, etcd: said } };
}

/** Its etcd took part and never answered, or has ended. */
function silent(readingDue: boolean) {
  const node = survivor(26, { leaderId: null }, readingDue);
  return { ...node, agent: { ...node.agent, etcd: null } };
}

describe("a survivor's agent", () => {
  it("is not believed while its etcd follows a leader, or knows of more than it has read", () => {
    expect(hasReadItsLog(survivor(28, { leaderId: "a" }))).toBe(false);
    expect(hasReadItsLog(survivor(25, { leaderId: null }))).toBe(false);
  });

  it("is not believed while it says that a reading is due, though its etcd says nothing", () => {
    expect(hasReadItsLog(silent(true))).toBe(false);
    expect(hasReadItsLog(silent(false))).toBe(true);
  });

  it("is believed when it has read as much as its etcd knows of", () => {
    expect(hasReadItsLog(survivor(26, { leaderId: null }))).toBe(true);
  });

  it("of a learner, which never notices that its leader is gone, is not waited for", () => {
    expect(hasReadItsLog(survivor(0, { leaderId: "a", isLearner: true }))).toBe(true);
  });
});

describe("of the two that are left of five", () => {
  /** Nobody's etcd answers; slot 4's log goes further, as its agent says once it has read it. */
  function survivorWhen(slot4: { readonly logEnd: number; readonly readingDue: boolean }) {
    const run = afterGrace(lostRun());
    const { agents } = changeAgents(run.world.observed(), ({ slot, data }) => {
      if (data.state !== "present") return {};
      const { logEnd, readingDue } = slot === 4 ? slot4 : { logEnd: 30, readingDue: false };
      return { etcd: null, data: { ...data, raftIndex: logEnd, readingDue } };
    });
    return decide(run, { agents }).memory.recovery.inProgress?.slot ?? null;
  }

  it("none goes on while one has still to read its log, and then the better one does", () => {
    expect(survivorWhen({ logEnd: 26, readingDue: true })).toBeNull();
    expect(survivorWhen({ logEnd: 40, readingDue: false })).toBe(4);
    expect(survivorWhen({ logEnd: 26, readingDue: false })).toBe(3);
  });
});
