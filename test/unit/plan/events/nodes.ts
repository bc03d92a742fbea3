/** Events of containers. */
import { SILENT_MAX_MS } from "../../../../controller/plan/health/stop-silent.ts";
import type { Silence } from "../../../../controller/model/agent-api.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { FakeWorld } from "../../../support/planner/fake-world.ts";
import { fakeMemory, fakeOffer, fakeTask } from "../../../support/planner/fixtures.ts";
import { endHostTask } from "../../../support/planner/host-tasks.ts";
import { changeSpec, PlannerRun, readyRun } from "../../../support/planner/run.ts";
import { type EventTable, news } from "./event-table.ts";

const newRun = () => new PlannerRun(fakeMemory({ replicas: 1 }), new FakeWorld("172.30.0.10"));

/** The next reconcile to a cluster whose spec was changed to this, and perhaps its file removed. */
const afterChange =
  (spec: Partial<ClusterSpec>, fileRemoved = false) =>
  () => {
    const run = readyRun({ replicas: 1 });
    changeSpec(run, spec);
    run.memory = { ...run.memory, fileRemoved };
    return news(run, () => run.reconcile());
  };

function withUnreachable(slot: number): PlannerRun {
  const run = readyRun();
  const taskId = run.world.taskOf(slot) as string;
  const state = run.world.tasks.get(taskId)?.state;
  run.world.tasks.set(taskId, fakeTask(taskId, "TASK_UNREACHABLE"));
  if (state !== "TASK_RUNNING") throw new Error(`slot ${slot} does not run`);
  return run;
}

/** A site's own Mesos, where a launch missed the network and a command was sent to its host. */
const afterCommand = (state: "TASK_FINISHED" | "TASK_FAILED", message: string | null) => () => {
  const run = readyRun();
  run.world.local = false;
  const { name } = run.memory.cluster.spec.network;
  run.world.kill(2, `Container exited with status 125: network ${name} not found`);
  run.reconcile();
  endHostTask(run.world, state, message);
  return news(run, () => run.reconcile());
};

export const NODE_EVENTS = {
  HostCommandDone: {
    "a command on a host has made the network": [
      afterCommand("TASK_FINISHED", null),
      "Normal",
      "make the network on host-1: done",
    ],
  },
  HostCommandFailed: {
    "a command on a host has failed": [
      afterCommand("TASK_FAILED", "Command exited with status 1"),
      "Warning",
      "make the network on host-1: TASK_FAILED, Command exited with status 1",
    ],
  },
  NodeLaunched: {
    "an offer is taken": [
      () => news(newRun(), (run) => run.reconcile()),
      "Normal",
      "slot 0 is launched on host-1",
    ],
  },
  NodesOnOneHost: {
    "most nodes are launched on one host though others offer": [
      () => {
        const offers = [
          fakeOffer(),
          fakeOffer({ id: "offer-2", agentId: "agent-2", hostname: "host-2", cpus: 0.3 }),
          fakeOffer({ id: "offer-3", agentId: "agent-3", hostname: "host-3", cpus: 0.1 }),
        ];
        const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10", () => offers));
        return news(run, () => run.untilReady());
      },
      "Warning",
      "2 of 3 nodes are on host-1, whose end would take the quorum; host-3 offers 0.1 of 0.25 cpus",
    ],
    "a node is launched on the one host of its data, of two": [
      () => {
        let offers = [fakeOffer()];
        const run = new PlannerRun(fakeMemory(), new FakeWorld("172.30.0.10", () => offers));
        run.untilReady();
        offers = [...offers, fakeOffer({ id: "offer-2", agentId: "agent-2", hostname: "host-2" })];
        return news(run, () => {
          run.world.kill(2);
          run.untilReady();
        });
      },
      "Warning",
      "3 of 3 nodes are on host-1, whose end would take the quorum; " +
        "host-2 fits; host-1 has the slot's data",
    ],
  },
  NodeReady: {
    "a node lacks nothing any more": [
      () => news(newRun(), (run) => run.untilReady()),
      "Normal",
      "slot 0 is ready",
    ],
  },
  NodeStopping: {
    "the cluster is suspended": [
      afterChange({ suspend: true }),
      "Normal",
      "the container of slot 0 is stopped: the cluster is suspended",
    ],
    "the cluster is deleted": [
      afterChange({ deletionPolicy: "Delete" }, true),
      "Normal",
      "the container of slot 0 is stopped: the cluster is deleted",
    ],
    "the template has changed": [
      afterChange({ image: "other" }),
      "Normal",
      "the container of slot 0 is stopped: updated to the new template",
    ],
    "a slot that has left etcd is not wanted any more": [
      () => {
        const run = readyRun({ replicas: 2 });
        run.world.etcd.leaderSlot = 0;
        run.untilReady();
        changeSpec(run, { replicas: 1 });
        return news(run, () => run.until((p) => p.actions.some((a) => a.type === "KillTask")));
      },
      "Normal",
      "the container of slot 1 is stopped: scaled in",
    ],
    "an agent does not answer for too long": [
      () => {
        const run = readyRun();
        run.world.blind.add(2);
        run.reconcile();
        run.now += SILENT_MAX_MS;
        return news(run, () => run.reconcile());
      },
      "Normal",
      "the container of slot 2 is stopped: its agent does not answer",
    ],
    "a restore is asked for": [
      () => {
        const run = readyRun({ replicas: 1 });
        const { recovery } = run.memory;
        run.memory = { ...run.memory, recovery: { ...recovery, requested: { from: "nothing" } } };
        return news(run, () => run.reconcile());
      },
      "Normal",
      "the container of slot 0 is stopped: etcd is restored, as it was asked for",
    ],
  },
  OutOfMemory: {
    "the kernel ends processes of a node, and once for each": [
      () => {
        const run = readyRun();
        return news(run, () => {
          run.world.oomKills.set(2, 1);
          run.reconcile();
          run.reconcile();
          run.world.oomKills.set(2, 3);
          run.reconcile();
        });
      },
      "Warning",
      "a process of slot 2 ended: its memory of 768 MiB was used up (spec.resources.memory)",
      "2 processes of slot 2 ended: its memory of 768 MiB was used up (spec.resources.memory)",
    ],
    "and of a new container anew": [
      () => {
        const run = readyRun();
        run.world.oomKills.set(2, 1);
        run.reconcile();
        run.world.kill(2);
        run.world.oomKills.set(2, 0);
        run.untilReady();
        return news(run, () => {
          run.world.oomKills.set(2, 1);
          run.reconcile();
        });
      },
      "Warning",
      "a process of slot 2 ended: its memory of 768 MiB was used up (spec.resources.memory)",
    ],
  },
  UnitWedged: {
    "an agent kills a unit that does not answer, and once for each time": [
      () => {
        const run = readyRun();
        const wedged = (count: number, how: Silence) => ({ count, silentMs: 10_240, how });
        return news(run, () => {
          run.world.units.set(2, { etcd: { wedged: wedged(1, "stopped") } });
          run.reconcile();
          run.reconcile();
          run.world.units.set(2, {
            etcd: { wedged: wedged(3, "unanswered") },
            jupyter: { wedged: wedged(1, "refused") },
          });
          run.reconcile();
        });
      },
      "Warning",
      "etcd of slot 2 did not answer for 10 s (its process was stopped) and was killed; it is started again",
      "etcd of slot 2 did not answer for 10 s (its process ran) and was killed, 2 times by now; it is started again",
      "JupyterLab of slot 2 did not answer for 10 s (nobody listened on its port) and was killed; it is started again",
    ],
    "and of a new container anew": [
      () => {
        const run = readyRun();
        const sshd = { wedged: { count: 1, silentMs: 10_000, how: "stopped" } } as const;
        run.world.units.set(2, { sshd });
        run.reconcile();
        run.world.kill(2);
        run.world.units.delete(2);
        run.untilReady();
        return news(run, () => {
          run.world.units.set(2, { sshd });
          run.reconcile();
        });
      },
      "Warning",
      "sshd of slot 2 did not answer for 10 s (its process was stopped) and was killed; it is started again",
    ],
  },
  NodeLost: {
    "a container ends that nobody stopped": [
      () => {
        const run = readyRun();
        run.world.kill(2);
        return news(run, () => run.reconcile());
      },
      "Warning",
      "the container of slot 2 ended: TASK_FAILED",
    ],
    "a container ends, and Mesos says why": [
      () => {
        const run = readyRun();
        const taskId = run.world.taskOf(2) as string;
        run.world.kill(2);
        const reason = "REASON_EXECUTOR_TERMINATED";
        run.world.tasks.set(taskId, {
          ...fakeTask(taskId, "TASK_FAILED"),
          ...{ reason, message: "Abnormal executor termination" },
        });
        return news(run, () => run.reconcile());
      },
      "Warning",
      "the container of slot 2 ended: TASK_FAILED, REASON_EXECUTOR_TERMINATED, Abnormal executor termination",
    ],
    "a host is out of sight for too long": [
      () => {
        const run = withUnreachable(2);
        run.world.blind.add(2);
        const { replaceAfterSeconds } = run.memory.cluster.spec.unreachable;
        const taskId = run.world.taskOf(2) as string;
        run.reconcile();
        run.world.tasks.set(taskId, fakeTask(taskId, "TASK_UNREACHABLE"));
        run.now += replaceAfterSeconds * 1000;
        return news(run, () => run.reconcile());
      },
      "Warning",
      "the container of slot 2 ended: its host was unreachable for too long",
    ],
    "a container ends that was stopped: not then": [
      () => {
        const run = readyRun({ replicas: 1 });
        changeSpec(run, { suspend: true });
        return news(run, () => run.until((p) => p.memory.slots[0]?.task === null));
      },
      "Warning",
    ],
  },
  NodeUnreachable: {
    "Mesos loses sight of its agent": [
      () => news(withUnreachable(2), (run) => run.reconcile()),
      "Warning",
      "Mesos has lost sight of slot 2",
    ],
  },
  NodeReachable: {
    "the agent is back": [
      () => {
        const run = withUnreachable(2);
        run.reconcile();
        return news(run, () => run.reconcile());
      },
      "Normal",
      "the host of slot 2 is back",
    ],
  },
} satisfies EventTable;
