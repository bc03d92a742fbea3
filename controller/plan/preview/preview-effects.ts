/** What a change of each field does. The types keep this complete: a new field needs its effect. */
import type { EffectKind } from "../../model/preview.ts";
import type { DefaultedManifest } from "../../../crd-schema/jupytercluster.types.ts";
import { slotCount } from "../../../crd-schema/slots.ts";
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { everyTypeField } from "../../../crd-schema/storage/table.ts";

interface Change {
  readonly current: ClusterSpec;
  readonly wanted: ClusterSpec;
}

export interface FieldEffect {
  readonly kind: EffectKind;
  readonly explain: (change: Change) => string;
}

/** The same tree as the spec in the file; an object of which all fields do the same is one. */
type Effects<T> = {
  readonly [K in keyof Required<T>]: NonNullable<T[K]> extends string | number | boolean | unknown[]
    ? FieldEffect
    : Effects<NonNullable<T[K]>> | FieldEffect;
};

const live = (text: string): FieldEffect => ({ kind: "live", explain: () => text });

const refused = (why: string): FieldEffect => ({
  kind: "refused",
  explain: () => `refused, immutable: ${why}; make a new cluster instead`,
});

const network = refused("every container's address hangs on it");
const sharedFiles = refused("the nodes' shared files are there");

/** The container cannot change it while it runs. */
const rolling: FieldEffect = {
  kind: "rolling",
  explain: ({ current, wanted }) => {
    if (wanted.suspend) return "used when the suspended cluster is started again";
    if (wanted.updateStrategy === "OnDelete") {
      return "used by containers that start from now on; running ones keep the old value (OnDelete)";
    }
    const nodes = Math.min(slotCount(current), slotCount(wanted));
    return nodes === 1
      ? "rolling update of 1 node, with a short outage"
      : `rolling update of ${nodes} nodes, one at a time: followers first, the leader last`;
  },
};

const replicas: FieldEffect = {
  kind: "scale",
  explain: ({ current, wanted }) => {
    const delta = wanted.replicas - current.replicas;
    const nodes = countOf(Math.abs(delta));
    if (wanted.suspend) return "used when the suspended cluster is started again";
    return delta > 0
      ? `${nodes} added one at a time as ${delta === 1 ? "an etcd learner" : "etcd learners"}, ` +
          "promoted when caught up; running containers stay"
      : `${nodes} removed one at a time, highest slot first; ` +
          `a leader among them hands leadership over before it goes${kernelsFirst(wanted)}`;
  },
};

const spare: FieldEffect = {
  kind: "scale",
  explain: ({ wanted }) => {
    if (wanted.suspend) return "used when the suspended cluster is started again";
    return wanted.etcd.standby === "learner"
      ? "one node more is added, whose etcd has all data and no vote until a voter is lost; " +
          "running containers stay"
      : "the node of the highest slot is removed; the spare gets its vote where it has one";
  },
};

function kernelsFirst({ kernels: { placement, busyWaitSeconds } }: ClusterSpec): string {
  if (placement === "server" || busyWaitSeconds === 0) return "";
  return `, and one with busy kernels stays ${busyWaitSeconds} s at most for them`;
}

function countOf(count: number): string {
  const words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
  return `${words[count] ?? count} ${count === 1 ? "node is" : "nodes are"}`;
}

const proxyMoves: FieldEffect = {
  kind: "live",
  explain: ({ wanted: { proxy } }) =>
    `the proxy moves to ${proxy.address}:${proxy.port}; containers keep running, ` +
    "open connections to the old address end",
};

const suspend: FieldEffect = {
  kind: "stop",
  explain: ({ wanted }) =>
    wanted.suspend
      ? "all containers are stopped; their data stays"
      : "the containers are started again on the data they left",
};

const placement = live(
  "used for launches from now on; running containers stay where they are until `rebalance`",
);

export const FIELD_EFFECTS: Effects<DefaultedManifest["spec"]> = {
  replicas,
  image: rolling,
  resources: { cpus: rolling, memory: rolling, disk: rolling, pids: rolling },
  network,
  storage: {
    shared: {
      type: sharedFiles,
      mountPath: rolling,
      ...everyTypeField(sharedFiles, rolling),
    },
  },
  etcd: {
    tls: refused("members that run would not understand the others"),
    dataVolume: refused("etcd's data is there"),
    heartbeatMilliseconds: rolling,
    electionMilliseconds: rolling,
    quota: rolling,
    snapshots: {
      intervalSeconds: live("the next snapshot is taken when it is due by the new interval"),
      keep: live("older snapshots beyond it are removed"),
      maxSize: live("the oldest snapshots beyond it are removed"),
      directory: live("used from now on; snapshots in the old directory stay there"),
    },
    recovery: {
      mode: live("used at once, also for a quorum that is lost now"),
      graceSeconds: live("used at once, also for a quorum that is lost now"),
    },
    standby: spare,
  },
  jupyter: {
    port: rolling,
    auth: rolling,
    standby: rolling,
    idle: { kernelsAfterSeconds: rolling, terminalsAfterSeconds: rolling },
  },
  kernels: {
    placement: rolling,
    memory: rolling,
    processes: rolling,
    busyWaitSeconds: live("used at once, also for a node that is waited for now"),
  },
  ssh: { user: rolling, authorizedKeys: rolling },
  proxy: {
    address: proxyMoves,
    port: proxyMoves,
    holdSeconds: live("used for requests from now on; containers keep running"),
    hostNames: live("used for requests from now on; containers keep running"),
  },
  placement: { constraints: placement, spread: placement },
  unreachable: {
    replaceAfterSeconds: live("used at once, also for nodes that are unreachable now"),
  },
  backoff: {
    initialSeconds: live("used from the next failure on"),
    factor: live("used from the next failure on"),
    maxSeconds: live("used from the next failure on"),
  },
  updateStrategy: {
    type: {
      kind: "live",
      explain: ({ wanted }) =>
        wanted.updateStrategy === "OnDelete"
          ? "updates wait until a container is killed; one that is under way stops"
          : "containers that are out of date are now replaced one at a time",
    },
  },
  deletionPolicy: live("matters only when the file or the document is removed"),
  suspend,
};

export const METADATA_EFFECT: FieldEffect = live("shown in the object; nothing else is done");
