/** A container that Mesos has lost sight of is given up late, and never while its own agent answers (decision 38). */
import { describe, expect, it } from "vitest";
import { fakeTask } from "../../../support/planner/fixtures.ts";
import { changeSpec, condition, followersOf } from "../../../support/planner/run.ts";
import { Site } from "../../../support/planner/site.ts";

const REPLACE_MS = 90_000;
/** For which its agent must have been silent, too. */
const SILENT_MS = 60_000;

/** On three hosts, of whose Mesos agents the one under a follower's node is away. */
function lostFromSight() {
  const site = new Site([1, 2, 3, 4], { unreachable: { replaceAfterSeconds: REPLACE_MS / 1000 } });
  const [slot = -1] = followersOf(site);
  const taskId = site.world.taskOf(slot) ?? "";
  const agentId = site.agentOf(slot);
  const host = Number(agentId.replace("agent-", ""));
  site.hosts.delete(host);
  const later = (ms: number) => {
    site.now += ms;
    site.world.tasks.set(taskId, fakeTask(taskId, "TASK_UNREACHABLE"));
    return site.reconcile();
  };
  later(0);
  const isGivenUp = () => site.memory.slots[slot]?.task?.taskId !== taskId;
  const expectGivenUpIn = (ms: number) => {
    later(ms - 1_000);
    expect(isGivenUp()).toBe(false);
    later(1_000);
    expect(isGivenUp()).toBe(true);
  };
  return { site, slot, host, later, isGivenUp, expectGivenUpIn };
}

describe("a container that Mesos has lost sight of", () => {
  it("stays for as long as its agent answers, and keeps the cluster from being whole", () => {
    const { site, later, isGivenUp } = lostFromSight();
    const decided = later(100 * REPLACE_MS);
    expect(isGivenUp()).toBe(false);
    expect(condition(decided, "Degraded")).toBe("True");
    expect(site.done.filter(({ type }) => type === "RemoveMember")).toEqual([]);
  });

  it("is given up in the time that the spec says when its agent is silent as well", () => {
    const { site, slot, later, expectGivenUpIn } = lostFromSight();
    site.world.blind.add(slot);
    later(0);
    expectGivenUpIn(REPLACE_MS);
  });

  it("is not given up at once when its agent falls silent after that time", () => {
    const { site, slot, later, expectGivenUpIn } = lostFromSight();
    later(2 * REPLACE_MS);
    site.world.blind.add(slot);
    later(0);
    expectGivenUpIn(SILENT_MS);
  });

  it("begins that minute anew when its agent has answered meanwhile", () => {
    const { site, slot, later, isGivenUp } = lostFromSight();
    site.world.blind.add(slot);
    later(SILENT_MS);
    site.world.blind.delete(slot);
    later(REPLACE_MS);
    site.world.blind.add(slot);
    later(0);
    later(SILENT_MS - 1_000);
    expect(isGivenUp()).toBe(false);
  });

  it("is given up though its agent answers when its host is back as another Mesos agent", () => {
    const { site, host, expectGivenUpIn } = lostFromSight();
    site.offers.set(host, { agentId: "agent-other" });
    site.hosts.add(host);
    expectGivenUpIn(REPLACE_MS);
  });

  it("is given up though its agent answers when it was to end", () => {
    const { site, slot, later } = lostFromSight();
    changeSpec(site, { suspend: true });
    later(0);
    later(REPLACE_MS);
    expect(site.memory.slots[slot]?.task ?? null).toBeNull();
  });
});
