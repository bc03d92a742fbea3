/**
 * Decisions that the simulator found wrong, each as the smallest case of it (docs/decisions/0007).
 */
import { describe, expect, it } from "vitest";
import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import {
  changeSpec,
  followersOf,
  type PlannerRun,
  readyRun,
} from "../../../support/planner/run.ts";

const BROKEN = { state: "backoff", ready: false, pid: null, restarts: 5, lastExit: null } as const;

describe("a node of an older template", () => {
  it("is not expected to run a Jupyter that it was never told to run", () => {
    const { jupyter } = fakeMemory().cluster.spec;
    const run = readyRun({ jupyter: { ...jupyter, standby: "cold" }, updateStrategy: "OnDelete" });
    changeSpec(run, { jupyter: { ...jupyter, standby: "warm" } });
    const { leaderSlot } = run.world;
    const observed = changeAgents(run.world.observed(), ({ slot, units }) =>
      slot === leaderSlot ? {} : { units: { ...units, jupyter: { ...BROKEN, state: "stopped" } } },
    );
    const { memory, now } = run;
    const decided = plan({ memory, observed, now, defaultImage: "image" });
    expect(decided.status.phase).toBe("Progressing");
    expect(decided.status.readyReplicas).toBe(3);
  });
});

/** What the status says of each slot when the agents say this. */
function readyOf(run: PlannerRun, change: (status: AgentStatus) => Partial<AgentStatus>) {
  const observed = changeAgents(run.world.observed(), change);
  const { memory, now } = run;
  const { status } = plan({ memory, observed, now, defaultImage: "image" });
  const ready = status.nodes.filter((n) => n.ready).map((n) => n.slot);
  const whole = status.conditions.find((c) => c.type === "AllMembersReady")?.status;
  return { ready, counted: status.readyReplicas, whole, nodes: status.nodes };
}

describe("a node is ready for its own faults only", () => {
  it("while another is paused, whose agent is silent and whose SSH keys have gone", () => {
    const run = readyRun();
    const [paused = -1] = followersOf(run);
    run.world.blind.add(paused);
    const serving = run.world.runningSlots().filter((slot) => slot !== paused);
    const seen = readyOf(run, () => ({ sshKnownSlots: serving }));
    expect(seen).toMatchObject({ ready: serving, counted: 2, whole: "False" });
    expect(seen.nodes[paused]).toMatchObject({ ready: false, message: "agent not in sight" });
  });

  it("and says what its agent knows of why, each sentence once", () => {
    const run = readyRun();
    const [broken = -1] = followersOf(run);
    const storage = { ready: false, checkedAt: null, message: "/shared is gone" } as const;
    const problems = ["shared storage: /shared is gone", "etcd ended with code 1: address in use"];
    const seen = readyOf(run, ({ slot }) =>
      slot === broken ? { etcd: null, storage, problems } : {},
    );
    expect(seen.nodes[broken]?.message).toBe(
      "etcd not serving, shared storage: /shared is gone, etcd ended with code 1: address in use",
    );
    const told = readyOf(run, () => ({ problems: ["the certificate cannot be renewed: EROFS"] }));
    expect(told.ready).toEqual([0, 1, 2]);
    expect(told.nodes[0]?.message).toBe("the certificate cannot be renewed: EROFS");
  });

  it("while the hosts table does not name a new node yet", () => {
    const run = readyRun();
    changeSpec(run, { replicas: 4 });
    run.reconcile();
    expect(readyOf(run, () => ({}))).toMatchObject({
      ready: [0, 1, 2],
      counted: 3,
      whole: "False",
    });
  });

  it("and not while its own hosts table is another than the leader's", () => {
    const run = readyRun();
    const [behind = -1] = followersOf(run);
    const stale = ({ slot, hosts }: AgentStatus) =>
      slot === behind && hosts ? { hosts: { ...hosts, leaderSlot: behind } } : {};
    const seen = readyOf(run, stale);
    expect(seen.ready).not.toContain(behind);
    expect(seen).toMatchObject({ counted: 2, whole: "False" });
    expect(seen.nodes[behind]?.message).toBe("hosts table not current");
  });

  it("nor while it lacks the SSH keys of a node that serves", () => {
    const run = readyRun();
    const seen = readyOf(run, ({ slot }) => (slot === 1 ? { sshKnownSlots: [1, 2] } : {}));
    expect(seen).toMatchObject({ ready: [0, 2], counted: 2, whole: "False" });
  });

  it("nor when it has lost its leader with the quorum", () => {
    const run = readyRun();
    for (const slot of followersOf(run)) run.world.blind.add(slot);
    const leaderless = ({ etcd }: AgentStatus) => ({ etcd: etcd && { ...etcd, leaderId: null } });
    expect(readyOf(run, leaderless)).toMatchObject({ ready: [], counted: 0, whole: "False" });
  });
});
