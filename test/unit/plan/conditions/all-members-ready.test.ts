import {
  fresh,
  lastKnown,
  type ObservedMesos,
  stale,
} from "../../../../controller/model/observed.ts";
import { allMembersReady } from "../../../../controller/plan/conditions/all-members-ready.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { fakeOffer } from "../../../support/planner/fixtures.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const conflict = fresh({ state: "conflict", message: "the subnet is taken" } as const);

conditionTable("AllMembersReady", allMembersReady.reasons, {
  "all nodes are ready when none lacks anything": [
    () => decide(readyRun()),
    "True",
    "AllReady",
    "",
  ],
  "that most of them are on one of several hosts is said beside it": [
    () => {
      const run = readyRun();
      const { mesos } = run.world.observed();
      const offers = [fakeOffer({ id: "offer-2", agentId: "agent-2", hostname: "host-2" })];
      return decide(run, { mesos: fresh({ ...(lastKnown(mesos) as ObservedMesos), offers }) });
    },
    "True",
    "AllReady",
    "3 of 3 nodes are on host-1, whose end would take the quorum",
  ],
  "each node that lacks something is told with all that it lacks": [
    () => {
      const run = readyRun();
      const storage = { ready: false, message: "not mounted" };
      const { agents } = changeAgents(run.world.observed(), ({ slot, units }) =>
        slot === 0 ? {} : { storage, units: { ...units, sshd: { ...units.sshd, ready: false } } },
      );
      return decide(run, { agents });
    },
    "False",
    "NodesNotReady",
    "slot 1: shared storage: not mounted, sshd not ready; slot 2: shared storage: not mounted, sshd not ready",
  ],
  "a node that cannot be launched is told with what stands in the way": [
    () => {
      const run = readyRun();
      run.world.kill(2);
      return decide(run, { network: conflict });
    },
    "False",
    "NodesNotReady",
    "slot 2: the subnet is taken",
  ],
  "what the others lack because of one is not told beside it": [
    () => {
      const run = readyRun();
      run.world.blind.add(2);
      const observed = changeAgents(run.world.observed(), () => ({ sshKnownSlots: [0, 1] }));
      return decide(run, observed);
    },
    "False",
    "NodesNotReady",
    "slot 2: agent not in sight",
  ],
  "a launch misses the network that the site has to make": [
    () => {
      const run = readyRun();
      run.world.kill(2);
      const slots = run.memory.slots.map((s) =>
        s.slot === 2
          ? { ...s, lastFailure: "network demo not found", lastFailureHostname: "host-c" }
          : s,
      );
      run.memory = { ...run.memory, slots };
      const { network } = run.memory.cluster.spec;
      changeSpec(run, { network: { ...network, name: "demo" } });
      const mesos = lastKnown(run.world.observed().mesos) as ObservedMesos;
      const tasks = new Map([...mesos.tasks].filter(([, task]) => task.state === "TASK_RUNNING"));
      return decide(run, { local: false, mesos: stale({ ...mesos, tasks }, run.now) });
    },
    "False",
    "NetworkMissing",
    "Docker on host-c has no network demo, and only with --mesos local does the controller make it. " +
      "Run there: docker network create --driver bridge --subnet 172.30.0.0/24 demo",
  ],
  "a node that leaves need not be ready": [
    () => {
      const run = readyRun();
      changeSpec(run, { replicas: 2 });
      const { agents } = changeAgents(run.world.observed(), ({ slot }) =>
        slot === 2 ? { storage: { ready: false, message: "not mounted" } } : {},
      );
      return decide(run, { agents });
    },
    "False",
    "NodesNotReady",
    "slot 0: hosts table not current; slot 1: hosts table not current",
  ],
});
