/** Production's ports, made of a simulated world; the same for a controller alone and one of several. */
import type { CorePorts, Interposed } from "../../../controller/core-ports.ts";
import type { LoopPorts } from "../../../controller/loop/ports.ts";
import type { Action } from "../../../controller/model/action.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { Observed } from "../../../controller/model/observed.ts";
import type { Clock, Logger } from "../../../controller/model/ports.ts";
import type { StateStore } from "../../../controller/store/state-backend.ts";
import type { Rng } from "../engine/rng.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import type { Network } from "../wire/network.ts";
import { connectAgents } from "./agent-connections.ts";
import { SIMULATED_CERTIFICATES } from "./certificates.ts";
import type { EffectEvent, Effects } from "./effects.ts";
import { connectMembers } from "./etcd-members.ts";
import { findMasters, type SimulatedMasters } from "./masters.ts";
import type { Mutation } from "./mutation.ts";
import { simulatedProxy } from "./proxies.ts";
import type { SnapshotShelf } from "./snapshots.ts";

export interface ProcessOptions {
  /** On the network; no two processes have the same in all the time. */
  readonly name: string;
  /** Where it runs. */
  readonly place: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly network: Network;
  readonly shelf: SnapshotShelf;
  readonly mesos: SimulatedMasters;
  readonly resolve: (ip: string) => string | undefined;
  readonly onEffect: (event: EffectEvent) => void;
  /** Before it is planned by what was seen. */
  readonly onObserved: (memory: ClusterMemory, observed: Observed) => void;
  /** Before an action is carried out. */
  readonly onAction: (action: Action, memory: ClusterMemory) => void;
  /** How often an event is told: once, unless it gets lost or is repeated. */
  readonly timesTold: () => number;
  readonly mutation: Mutation;
  /** It cannot go on: another has taken over, or the framework is gone. */
  readonly onFatal: (reason: string) => void;
}

export interface CoreParts {
  /** Names its streams, once in all the time. */
  readonly owner: string;
  readonly options: ProcessOptions;
  /** The process's own. */
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  readonly effects: Effects;
  readonly publisher: CorePorts["publisher"];
  readonly state: StateStore;
  /** What may move a proxy, or show who leads, is about to change. */
  readonly onNews: () => void;
}

export function corePorts(parts: CoreParts): CorePorts {
  const { owner, options, clock, endpoint, publisher } = parts;
  const { name, rng, log, shelf, mesos, resolve, mutation } = options;
  const secret = (of: string) => `${of}-of-${name}`;
  return {
    clock,
    log,
    random: () => rng.fraction(),
    metrics: { reconciled: () => undefined, queueDepth: () => undefined },
    identities: {
      uid: () => rng.uint32().toString(16).padStart(8, "0"),
      secrets: () => ({
        agentToken: secret("agent-token"),
        jupyterToken: secret("jupyter-token"),
        cookieSecret: secret("cookie-secret"),
        authorityKey: null,
      }),
    },
    publisher,
    state: counted(parts),
    snapshots: shelf,
    mesos: {
      ...findMasters(mesos, { name: owner, endpoint, clock, log, rng: rng.fork("masters") }),
      framework: { role: "*" },
      // Whoever supervises it starts it again after a removal, and means it.
      replacesRemoved: true,
    },
    certificates: SIMULATED_CERTIFICATES,
    connectMember: connectMembers({ endpoint, clock, resolve, mutate: mutation.request }),
    connectAgent: connectAgents({ endpoint, clock, rng: rng.fork("jobs"), owner, resolve }),
    docker: null,
    createdBy: "the simulator",
    newProxy: simulatedProxy,
    webhook: null,
    interposed: interposed(parts),
  };
}

function counted({ state, effects, onNews, options }: CoreParts): StateStore {
  const { memories, tasks } = options.mutation.state(state);
  return {
    stored: state.stored,
    memories: {
      save: (key, memory) => {
        onNews();
        return effects.carryOut("save memory", () => memories.save(key, memory));
      },
      remove: (key) => effects.carryOut("forget", () => memories.remove(key)),
    },
    tasks: {
      save: (task) => effects.carryOut("save task", () => tasks.save(task)),
      remove: (taskId) => effects.carryOut("forget task", () => tasks.remove(taskId)),
    },
    saveFrameworkId: (id) => effects.carryOut("save framework id", () => state.saveFrameworkId(id)),
    specs: state.specs,
  };
}

export function interposed({
  options,
  effects,
  onNews,
}: Pick<CoreParts, "options" | "effects" | "onNews">): Interposed {
  const { mutation, timesTold } = options;
  return {
    loopPorts: (ports) => countEffects(ports, options, effects),
    tell: (wake) => {
      for (let times = timesTold(); times > 0; times--) wake();
    },
    followed: (nodes) => {
      onNews();
      return mutation.candidates(nodes);
    },
  };
}

function countEffects(ports: LoopPorts, options: ProcessOptions, effects: Effects): LoopPorts {
  const { mutation, onAction, onObserved } = options;
  return {
    ...ports,
    observe: (key, memory) => {
      const observed = mutation.observe(ports.observe(key, memory));
      onObserved(memory, observed);
      return observed;
    },
    perform: (action, memory) =>
      effects.carryOut(action.type, () => {
        onAction(action, memory);
        return ports.perform(action, memory);
      }),
  };
}
