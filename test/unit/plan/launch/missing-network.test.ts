/** Launches on other machines' engines, where nobody has made the network. */
import { describe, expect, it } from "vitest";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { lastKnown, type ObservedMesos } from "../../../../controller/model/observed.ts";
import { plan } from "../../../../controller/plan/plan.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";
import { readyRun } from "../../../support/planner/run.ts";

/** A follower's container is gone, and its next launch fails with these words of Mesos. */
function failedLaunch(
  message: string,
  local: boolean,
  network: Partial<ClusterSpec["network"]> = {},
) {
  const wanted = { ...fakeMemory().cluster.spec.network, name: "labnet", ...network };
  const run = readyRun({ network: wanted });
  const { taskId } = run.memory.slots[2]?.task ?? {};
  const observed = run.world.observed();
  const mesos = lastKnown(observed.mesos) as ObservedMesos;
  const task = mesos.tasks.get(taskId ?? "");
  if (task === undefined) throw new Error("slot 2 has no task");
  const failed = { ...task, state: "TASK_FAILED" as const, reason: null, message };
  const tasks = new Map([...mesos.tasks, [task.taskId, failed]]);
  // It has failed before, so that it waits now.
  const slots = run.memory.slots.map((s) => (s.slot === 2 ? { ...s, failures: 3 } : s));
  const decided = plan({
    memory: { ...run.memory, slots },
    observed: { ...observed, local, mesos: { freshness: "fresh", value: { ...mesos, tasks } } },
    now: run.now,
    defaultImage: "image",
  });
  const condition = decided.status.conditions.find((c) => c.type === "AllMembersReady");
  return { condition, node: decided.status.nodes[2] };
}

const NOT_FOUND =
  "Container exited with status 125: docker: Error response from daemon: network labnet not found.";

describe("a launch that misses its network", () => {
  it("is told with the host and the command that makes it there", () => {
    const { condition, node } = failedLaunch(NOT_FOUND, false);
    const command = "docker network create --driver bridge --subnet 172.30.0.0/24 labnet";
    expect(condition).toMatchObject({ status: "False", reason: "NetworkMissing" });
    expect(condition?.message).toMatch(/^Docker on \S+ has no network labnet, /);
    expect(condition?.message).toContain(`Run there: ${command}`);
    expect(node?.message).toContain(`waits after a failure: Docker on `);
    expect(node?.message).toContain(command);
  });

  it("names all that the spec says of the network, quoted for a shell", () => {
    const { condition } = failedLaunch(NOT_FOUND, false, {
      driver: "calico",
      ipamDriver: "calico-ipam",
      options: { "com.example.note": "it's ours" },
    });
    expect(condition?.message).toContain(
      "docker network create --driver calico --ipam-driver calico-ipam --subnet 172.30.0.0/24 " +
        `--opt 'com.example.note=it'\\''s ours' labnet`,
    );
  });

  it.each([
    ["on this machine, where the controller makes it", NOT_FOUND, true],
    ["for another network", NOT_FOUND.replace("labnet", "labnet2"), false],
    ["for another reason", "Container exited with status 125: docker: Address in use", false],
  ])("is an ordinary failure %s", (_what, message, local) => {
    expect(failedLaunch(message, local).condition?.reason).toBe("NodesNotReady");
  });
});
