/** What happens to nodes whose hosts go down for maintenance, or whose Mesos agents are drained. */
import { describe, expect, it } from "vitest";
import type { Observed, ObservedTask } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { T0 } from "../../../support/planner/fixtures.ts";
import { types } from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";

const MINUTE = 60_000;

/** Three nodes on three of four hosts. */
const newSite = () => new Site([1, 2, 3, 4]);

describe("a host that goes down soon", () => {
  it("is left by the leader first and then by its node, which lives on elsewhere", () => {
    const site = newSite();
    const agent = site.agentOf(1);
    const begun = site.done.length;
    site.goesDown([agent]);
    site.pass(60);
    site.untilReady();
    expect(site.world.violations).toEqual([]);
    expect(site.left(begun).map((what) => what.split(" ")[0])).toEqual(["MoveLeader", "KillTask"]);
    expect(site.leastRunning).toBe(2);
    expect([0, 1, 2].map((slot) => site.agentOf(slot))).not.toContain(agent);
    expect(site.world.runningSlots()).toEqual([0, 1, 2]);
    const told = site.memory.events.map(({ reason, message }) => `${reason}: ${message}`);
    const why = `${agent.replace("agent", "host")} goes down for maintenance in 30 minutes`;
    expect(told).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^LeaderMoved: leadership goes from slot 1 .*: ${why}$`)),
        `NodeStopping: the container of slot 1 is stopped: ${why}`,
      ]),
    );
  });

  it("is left one node at a time where there are two", () => {
    const site = newSite();
    const agents = [site.agentOf(0), site.agentOf(2)];
    site.hosts.add(5);
    site.goesDown(agents);
    site.pass(120);
    site.untilReady();
    expect(site.world.violations).toEqual([]);
    expect(site.leastRunning).toBe(2);
    for (const slot of [0, 1, 2]) expect(agents).not.toContain(site.agentOf(slot));
  });

  it.each<readonly [string, (site: Site) => void, readonly string[], boolean]>([
    [
      "by nobody, when all hosts do",
      (site) => site.goesDown([1, 2, 3, 4].map((n) => `agent-${n}`)),
      [],
      true,
    ],
    [
      "by the leader alone, when no other host has room: it waits for one",
      (site) => {
        site.goesDown([site.agentOf(1)]);
        site.hosts.clear();
      },
      ["MoveLeader 1"],
      true,
    ],
    [
      "by nobody, when that is hours away",
      (site) => site.goesDown([site.agentOf(1)], { from: T0 + 90 * MINUTE, until: null }),
      [],
      false,
    ],
    [
      "by nobody, when it is over",
      (site) => site.goesDown([site.agentOf(1)], { from: 0, until: T0 }),
      [],
      false,
    ],
    [
      "by the leader alone, while another node is not ready",
      (site) => {
        site.goesDown([site.agentOf(1)]);
        const slot = site.world.runningSlots().find((s) => s !== 1) as number;
        site.world.units.set(slot, { sshd: { ready: false } });
      },
      ["MoveLeader 1"],
      false,
    ],
  ])("is left %s", (_, happen, left, wantsOffers) => {
    const site = newSite();
    const begun = site.done.length;
    happen(site);
    const last = site.pass(40);
    expect(site.left(begun)).toEqual(left);
    expect(last.wantsOffers).toBe(wantsOffers);
    expect(site.leastRunning).toBe(3);
  });
});

describe("a Mesos agent that is drained", () => {
  it("is left by the leader while its container is being stopped", () => {
    const site = newSite();
    const observed = site.world.observed();
    const taskId = site.world.taskOf(1) ?? "";
    const { mesos } = observed;
    if (mesos.freshness !== "fresh") throw new Error("not fresh");
    const tasks = new Map(mesos.value.tasks);
    const drained: ObservedTask = {
      ...(tasks.get(taskId) as ObservedTask),
      state: "TASK_KILLING",
      reason: "REASON_AGENT_DRAINING",
    };
    tasks.set(taskId, drained);
    const seen: Observed = { ...observed, mesos: { ...mesos, value: { ...mesos.value, tasks } } };
    const decided = plan({
      memory: site.memory,
      observed: seen,
      now: site.now,
      defaultImage: "image",
    });
    expect(types(decided.actions)).toEqual(["MoveLeader"]);
    expect(decided.memory.events.at(-1)?.message).toMatch(
      /: the Mesos agent on host-\d is drained$/,
    );
  });
});
