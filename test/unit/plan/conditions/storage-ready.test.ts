import { storageReady } from "../../../../controller/plan/conditions/storage-ready.ts";
import type { Holding } from "../../../../controller/model/holdings.ts";
import { fresh } from "../../../../controller/model/observed.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { changeSpec, readyRun } from "../../../support/planner/run.ts";

const withNodes = (gone: readonly number[], blind: readonly number[]) => (): Plan => {
  const run = readyRun();
  for (const slot of blind) run.world.blind.add(slot);
  const storage = { ready: false, message: "not mounted" };
  const { agents } = changeAgents(run.world.observed(), ({ slot }) =>
    gone.includes(slot) ? { storage } : {},
  );
  return decide(run, { agents });
};

const withFaults = (faults: readonly (string | null)[]) => (): Plan => {
  const run = readyRun();
  const { agents } = changeAgents(run.world.observed(), ({ slot }) => {
    const fault = faults[slot] ?? null;
    return { storage: { ready: fault === null, message: `${fault} it is`, fault } };
  });
  return decide(run, { agents });
};

/** All that lack it say the same of it. */
const agreed = (fault: string) =>
  [withFaults([fault, null, fault]), "False", fault, `slots 0, 2: ${fault} it is`] as const;

/** Its launches are refused as Docker, or Mesos, says it. */
const refused = (lastFailure: string) => (): Plan => {
  const run = readyRun();
  const shared = {
    type: "glusterfs",
    mountPath: "/shared",
    servers: ["g1"],
    volume: "jup",
    options: [],
  } as const;
  changeSpec(run, { storage: { shared: { ...shared, servers: ["g1"], options: [] } } });
  const slots = run.memory.slots.map((s) => (s.slot === 1 ? { ...s, lastFailure } : s));
  run.memory = { ...run.memory, slots };
  run.world.blind.add(1);
  return decide(run);
};

const owner = { namespace: "default", name: "demo", uid: "u2", createdBy: null };
const holding = (held: Holding) => (): Plan => decide(readyRun(), { holdings: fresh([held]) });

conditionTable("StorageReady", storageReady.reasons, {
  "a volume is another cluster's": [
    holding({ kind: "shared", name: "demo-shared", owner }),
    "False",
    "ForeignVolume",
    "Volume demo-shared belongs to another cluster default/demo, uid u2: nothing is launched on it. Choose another metadata.name, or take over what is there with `jupyter-cluster adopt demo` (--dry-run shows what that would be).",
  ],
  "the network is another cluster's": [
    holding({ kind: "network", name: "net", owner }),
    "False",
    "ForeignNetwork",
    "Network net belongs to another cluster default/demo, uid u2: nothing is launched on it. Choose another metadata.name, or take over what is there with `jupyter-cluster adopt demo` (--dry-run shows what that would be).",
  ],
  "every node has it": [withNodes([], []), "True", "OnEveryNode", ""],
  "each node that has it not is told with what its agent says": [
    withNodes([0, 2], []),
    "False",
    "NotOnEveryNode",
    "slots 0, 2: not mounted",
  ],
  "nothing is mounted": agreed("NotMounted"),
  "the mount is dead": agreed("MountDead"),
  "the mount hangs": agreed("MountNotAnswering"),
  "the servers are away": agreed("ServersUnreachable"),
  "the servers have no such volume": agreed("VolumeNotFound"),
  "the container may not mount": agreed("MountNotAllowed"),
  "the kernel has no such file system": agreed("MountNotSupported"),
  "the user cannot write": agreed("NotWritable"),
  "nodes lack it for different reasons": [
    withFaults(["MountDead", "NotMounted"]),
    "False",
    "NotOnEveryNode",
    "slot 0: MountDead it is; slot 1: NotMounted it is",
  ],
  "an agent of a later release has another word for it": [
    withFaults(["MountFrozen"]),
    "False",
    "NotOnEveryNode",
    "slot 0: MountFrozen it is",
  ],
  "Docker has no FUSE to give": [
    refused(
      'error gathering device information while adding custom device "/dev/fuse": no such file',
    ),
    "False",
    "MountNotAllowed",
    'slot 1: error gathering device information while adding custom device "/dev/fuse": no such file',
  ],
  "Mesos does not give the capability": [
    refused("The embedded Mesos does not give a container the capability 'SYS_ADMIN'"),
    "False",
    "MountNotAllowed",
    "slot 1: The embedded Mesos does not give a container the capability 'SYS_ADMIN'",
  ],
  "a node that leaves need not have it": [
    () => {
      const run = readyRun();
      changeSpec(run, { replicas: 2 });
      const { agents } = changeAgents(run.world.observed(), ({ slot }) =>
        slot === 2 ? { storage: { ready: false, message: "not mounted" } } : {},
      );
      return decide(run, { agents });
    },
    "True",
    "OnEveryNode",
    "",
  ],
  "nothing is known of a node that is out of sight": [
    withNodes([], [1]),
    "Unknown",
    "NodesOutOfSight",
    "Slot 1 is out of sight.",
  ],
  "a node that has it not is told before one that is out of sight": [
    withNodes([2], [1]),
    "False",
    "NotOnEveryNode",
    "slot 2: not mounted",
  ],
});
