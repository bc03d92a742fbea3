/** Launches that fail on their host's network, or on their address, and what is done on that host. */
import { describe, expect, it } from "vitest";
import type { Action } from "../../../../controller/model/action.ts";
import type { ObservedJob } from "../../../../controller/model/observed.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { rollBackLaunchIntents } from "../../../../controller/plan/launch/roll-back-intents.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, fakeOffer, OF_NONE } from "../../../support/planner/fixtures.ts";
import { endHostTask } from "../../../support/planner/host-tasks.ts";
import { PlannerRun, readyRun, types } from "../../../support/planner/run.ts";

const REFUSED = "Container exited with status 125: docker: Error response from daemon: ";
const NOT_FOUND = `${REFUSED}network labnet not found.`;
const TAKEN = `${REFUSED}Address already in use.`;

/** A site's own Mesos, where slot 2's container is gone and its next launch fails like this. */
function failedLaunch(message: string, network: Partial<ClusterSpec["network"]> = {}): PlannerRun {
  const wanted = { ...fakeMemory().cluster.spec.network, name: "labnet", ...network };
  const run = readyRun({ network: wanted });
  run.world.local = false;
  run.world.kill(2, message);
  return run;
}

type RunHostTask = Extract<Action, { type: "RunHostTask" }>;

function commands({ actions }: Pick<Plan, "actions">): readonly RunHostTask[] {
  return actions.filter((a) => a.type === "RunHostTask");
}

function allReady(decided: Plan) {
  return decided.status.conditions.find((c) => c.type === "AllMembersReady");
}

describe("a launch that misses its network", () => {
  it("sends one command to its host, with its intent, and is not repeated before that has ended", () => {
    const run = failedLaunch(NOT_FOUND);
    const decided = run.reconcile();
    const [command] = commands(decided);
    expect(types(decided.actions)).not.toContain("LaunchTask 2");
    expect(command?.task).toMatchObject({
      agent_id: { value: "agent-1" },
      command: { shell: true },
      resources: [
        { name: "cpus", scalar: { value: 0.1 } },
        { name: "mem", scalar: { value: 128 } },
      ],
    });
    expect(command?.task.container).toBeUndefined();
    expect(run.memory.hostTask?.taskId).toBe(command?.task.task_id.value);
    const again = run.reconcile();
    expect([...commands(again), ...types(again.actions)]).not.toContain("LaunchTask 2");
    expect(commands(again)).toEqual([]);
    expect(allReady(again)).toMatchObject({ status: "False", reason: "NetworkMissing" });
    endHostTask(run.world, "TASK_FINISHED");
    expect(types(run.reconcile().actions)).toContain("LaunchTask 2");
    expect(allReady(run.untilReady())).toMatchObject({ reason: "AllReady" });
    expect(run.memory.slots[2]?.repair).toBeNull();
  });

  it("is launched again all the same when the command failed, and people are told what to run", () => {
    const run = failedLaunch(NOT_FOUND);
    run.reconcile();
    endHostTask(run.world, "TASK_FAILED", "Command exited with status 1: plugin not found");
    const decided = run.reconcile();
    expect(types(decided.actions)).toContain("LaunchTask 2");
    const create = "docker network create --driver bridge --subnet 172.30.0.0/24 labnet";
    expect(allReady(decided)?.message).toBe(
      "Docker on host-1 has no network labnet, and a Mesos task could not make it on host-1: " +
        `TASK_FAILED, Command exited with status 1: plugin not found. Run there: ${create}`,
    );
  });

  it("is mended with exactly what the spec says of the network, quoted for a shell", () => {
    const run = failedLaunch(NOT_FOUND, {
      driver: "calico",
      ipamDriver: "calico-ipam",
      options: { "com.example.note": "it's ours" },
    });
    const [command] = commands(run.reconcile());
    const { uid } = run.memory;
    expect(command?.task.command.value).toBe(
      "docker network inspect labnet >/dev/null 2>&1 || " +
        "docker network create --driver calico --ipam-driver calico-ipam --subnet 172.30.0.0/24 " +
        `--opt 'com.example.note=it'\\''s ours' --label jupytercluster.dev/namespace=default ` +
        `--label jupytercluster.dev/cluster=demo --label jupytercluster.dev/uid=${uid} labnet ` +
        ">/dev/null || docker network inspect labnet >/dev/null 2>&1",
    );
  });

  it("waits for an offer of that host, and not for ever", () => {
    const elsewhere = fakeOffer({ id: "offer-2", agentId: "agent-2", hostname: "host-2" });
    let offers = [fakeOffer()];
    const run = new PlannerRun(
      fakeMemory({ network: { ...fakeMemory().cluster.spec.network, name: "labnet" } }),
      new FakeWorld("172.30.0.10", () => offers),
    );
    run.untilReady();
    run.world.local = false;
    run.world.kill(2, NOT_FOUND);
    offers = [elsewhere];
    const decided = run.reconcile();
    expect(commands(decided)).toEqual([]);
    expect(decided.wantsOffers).toBe(true);
    run.now += 30_000;
    expect(types(run.reconcile().actions)).toContain("LaunchTask 2");
  });

  it("gives a command up that does not end, and has it killed", () => {
    const run = failedLaunch(NOT_FOUND);
    const [command] = commands(run.reconcile());
    run.now += 60_000;
    const decided = run.reconcile();
    expect(run.memory.hostTask).toBeNull();
    const kills = decided.actions.filter((a) => a.type === "KillTask").map((a) => a.taskId);
    expect(kills).toEqual([command?.task.task_id.value]);
    expect(types(decided.actions)).toContain("LaunchTask 2");
  });

  it("sends the command anew when its offer was gone", () => {
    const run = failedLaunch(NOT_FOUND);
    const [first] = commands(run.reconcile());
    const taskId = first?.task.task_id.value ?? "";
    run.world.tasks.delete(taskId);
    run.memory = rollBackLaunchIntents(run.memory, [taskId]);
    const [second] = commands(run.reconcile());
    expect(second).toBeDefined();
    expect(second?.task.task_id.value).not.toBe(taskId);
  });

  it("sends one command at a time, whose success is good for every slot of that host", () => {
    const run = failedLaunch(NOT_FOUND);
    const other = run.world.runningSlots().find((slot) => slot !== run.world.leaderSlot) ?? -1;
    run.world.kill(other, NOT_FOUND);
    expect(commands(run.reconcile())).toHaveLength(1);
    expect(commands(run.reconcile())).toEqual([]);
    endHostTask(run.world, "TASK_FINISHED");
    const launched = types(run.reconcile().actions);
    expect(launched).toContain("LaunchTask 2");
    expect(launched).toContain(`LaunchTask ${other}`);
  });

  it.each([
    ["for another network", NOT_FOUND.replace("labnet", "labnet2")],
    ["for another reason", `${REFUSED}no space left on device`],
  ])("is an ordinary failure %s", (_what, message) => {
    const run = failedLaunch(message);
    run.until((p) => types(p.actions).includes("LaunchTask 2"));
    expect(commands({ actions: run.done })).toEqual([]);
  });

  it("is no command's business on this machine, where the controller makes it", () => {
    const run = failedLaunch(NOT_FOUND);
    run.world.local = true;
    expect(commands(run.reconcile())).toEqual([]);
  });
});

describe("a launch whose address is taken", () => {
  const job = (error: string | null): ObservedJob => {
    const told = { code: "ERR_ADDRESS_HELD", operation: "", message: error ?? "", observedAt: "" };
    const state = error === null ? "running" : "failed";
    const shown = { key: "ReleaseAddress slot 2", state, since: 0, ...OF_NONE } as const;
    return { ...shown, error: error === null ? null : told };
  };

  function decide(run: PlannerRun, jobs: readonly ObservedJob[]): Plan {
    const observed = { ...run.world.observed(), jobs };
    const decided = plan({ memory: run.memory, observed, now: run.now, defaultImage: "image" });
    run.memory = decided.memory;
    return decided;
  }

  it("is looked into in Swarm's words too, which name no address", () => {
    const words = "attaching to network failed, make sure your network options are correct";
    const run = failedLaunch(
      `${REFUSED}${words} and check manager logs: context deadline exceeded.`,
    );
    const [command] = commands(run.until((p) => commands(p).length > 0));
    expect(command?.task.command.value).toContain("ip=172.30.0.12");
  });

  it("looks for an orphan of ours first, then for whoever holds it on that host", () => {
    const run = failedLaunch(TAKEN);
    expect(types(run.reconcile().actions)).toContain("EndOrphan 2");
    const [command] = commands(run.until((p) => commands(p).length > 0));
    expect(command?.task.command.value).toContain("ip=172.30.0.12");
    endHostTask(run.world, "TASK_FAILED", "container lab-of-bob web running has 172.30.0.12");
    expect(allReady(run.reconcile())).toMatchObject({
      reason: "AddressHeld",
      message:
        "slot 2: its address 172.30.0.12 is held on host-1: " +
        "TASK_FAILED, container lab-of-bob web running has 172.30.0.12",
    });
  });

  it("is told with Calico's words for it too", () => {
    const run = failedLaunch(`${REFUSED}IpamDriver.RequestAddress: already assigned in block.`);
    expect(commands(run.until((p) => commands(p).length > 0))).toHaveLength(1);
  });

  it("is looked into by this machine's own engine where that is the one", () => {
    const run = failedLaunch(TAKEN);
    run.world.local = true;
    const asked = () => run.done.filter((a) => a.type === "ReleaseAddress");
    run.until(() => asked().length > 0);
    expect(asked()).toEqual([
      { type: "ReleaseAddress", slot: 2, ip: "172.30.0.12", network: "labnet" },
    ]);
    expect(types(decide(run, [job(null)]).actions)).not.toContain("LaunchTask 2");
    const decided = decide(run, [job("Container bob has it.")]);
    expect(types(decided.actions)).toContain("LaunchTask 2");
    expect(allReady(decided)).toMatchObject({
      reason: "AddressHeld",
      message: "slot 2: its address 172.30.0.12 is held on host-1: Container bob has it.",
    });
  });
});
