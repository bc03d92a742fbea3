import { fresh, lastKnown, type ObservedMesos } from "../../../../controller/model/observed.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { allMembersReady } from "../../../../controller/plan/conditions/all-members-ready.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { fakeMemory, fakeOffer } from "../../../support/planner/fixtures.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const conflict = fresh({ state: "conflict", message: "the subnet is taken" } as const);

/** The reconcile after a launch of slot 2 on a site's own Mesos ended in these words of Docker's. */
function failedLaunch(words: string): Plan {
  const run = readyRun({ network: { ...fakeMemory().cluster.spec.network, name: "demo" } });
  run.world.local = false;
  run.world.kill(2, `Container exited with status 125: docker: ${words}`);
  return decide(run);
}

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
  "a spare that does not stand by is told, and nothing waits for it": [
    () => {
      const run = readyRun();
      const { etcd } = run.memory.cluster.spec;
      changeSpec(run, { etcd: { ...etcd, standby: "learner" } });
      return decide(run, { network: conflict });
    },
    "True",
    "SpareNotReady",
    "slot 3 does not stand by yet: the subnet is taken",
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
    "slots 1, 2: shared storage: not mounted, sshd not ready",
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
  "a launch misses the network, which a command makes on its host": [
    () => failedLaunch("network demo not found"),
    "False",
    "NetworkMissing",
    "Docker on host-1 has no network demo; a Mesos task makes it there.",
  ],
  "a launch meets a network that was made otherwise": [
    () => failedLaunch("Invalid address: It does not belong to any of this network's subnets."),
    "False",
    "NetworkConflict",
    "The Docker network demo on host-1 has another subnet than spec.network.subnet, 172.30.0.0/24. " +
      "Choose another spec.network.name, or remove it there with `docker network rm demo` when " +
      "nothing uses it.",
  ],
  "another's container has a node's address": [
    () => {
      const decided = failedLaunch("Address already in use.");
      const slots = decided.memory.slots.map((s) =>
        s.repair === null ? s : { ...s, repair: { ...s.repair, outcome: "container web has it" } },
      );
      const run = readyRun();
      run.world.local = false;
      run.memory = { ...decided.memory, slots };
      return decide(run);
    },
    "False",
    "AddressHeld",
    "slot 2: its address 172.30.0.12 is held on host-1: container web has it",
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
    "slots 0, 1: hosts table not current",
  ],
});
