/** What may go wrong, and what people do: each kind at every place where it can strike. */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import { type Effect, hear } from "./effects.ts";
import { end } from "./mesos.ts";
import { statusOf } from "./observe.ts";
import type { Scratch } from "./scratch.ts";
import type { Container, State } from "./state.ts";
import { die, reconcile } from "./reconcile.ts";

export type FaultKind =
  | "killed"
  | "data lost"
  | "others' data lost"
  | "late news"
  | "silence"
  | "etcd killed"
  | "storage fails"
  | "host cut off"
  | "host loses power"
  | "Mesos away"
  | "controller killed"
  | "controller killed while it acts"
  | "write"
  | "restore asked for";

type Step = Effect;

type Strikes = (state: State) => readonly Step[];

const onContainers =
  (what: string, happen: (scratch: Scratch, container: Container) => void): Strikes =>
  ({ containers }) =>
    containers
      .filter((c) => c.stage === "running")
      .map((c) => ({ name: `${what} slot ${c.slot}`, happen: (s) => happen(s, c) }));

const FAULTS: Readonly<Record<FaultKind, Strikes>> = {
  killed: onContainers("the container dies:", (s, c) => end(s, c, "TASK_FAILED")),
  "data lost": onContainers("container and data are lost:", (s, c) => {
    end(s, c, "TASK_FAILED");
    s.wipe(c);
  }),
  "others' data lost": onContainers("containers and data are lost of all but", (s, survivor) => {
    for (const c of s.state.containers.filter(({ slot }) => slot !== survivor.slot)) {
      end(s, c, "TASK_FAILED");
      s.wipe(c);
    }
  }),
  "late news": (state) =>
    onContainers("news are late from", (s, c) => deafen(s, c, "late"))(state).filter((_, i) =>
      isLive(state, i),
    ),
  silence: (state) =>
    onContainers("nothing is heard from", (s, c) => deafen(s, c, "silent"))(state).filter((_, i) =>
      isLive(state, i),
    ),
  "etcd killed": onContainers("etcd is started again in", (s, c) => {
    if (c.etcd !== "up") return;
    const logRead = s.volumeOf(c)?.end ?? c.logRead;
    s.patchContainer(c.taskId, { leaderId: null, members: null, logRead });
  }),
  "storage fails": onContainers("the shared storage fails in", (s, c) =>
    s.patchContainer(c.taskId, { well: false }),
  ),
  "host cut off": (state) => onHosts(state, "is cut off", cutOff),
  "host loses power": (state) => onHosts(state, "loses power", powerOff),
  "Mesos away": ({ mesos }) =>
    mesos === "away"
      ? []
      : [{ name: "the connection to Mesos breaks", happen: (s) => s.set({ mesos: "away" }) }],
  "controller killed": () => [{ name: "the controller is started again", happen: die }],
  "controller killed while it acts": () =>
    [0, 1].map((count) => ({
      name: `the controller dies after ${count} actions`,
      happen: (s) => reconcile(s, count),
    })),
  write: () => [{ name: "a write is acknowledged", happen: write }],
  "restore asked for": ({ memory }) =>
    memory.recovery.requested === null ? [{ name: "a restore is asked for", happen: ask }] : [],
};

export function faultsOf(state: State, kinds: readonly FaultKind[]): readonly Step[] {
  return kinds.flatMap((kind) => FAULTS[kind](state));
}

/** Ends of what went wrong: they cost nothing. */
export function endsOf({ containers, hosts }: State): readonly Step[] {
  const silent = containers.filter((c) => c.news === "silent" && hosts[c.host] === "up");
  const down = Object.entries(hosts).filter(([, is]) => is !== "up");
  return [
    ...silent.map((c) => ({ name: `slot ${c.slot} is heard again`, happen: hear(c.taskId) })),
    ...down.map(([host]) => ({ name: `${host} is back`, happen: (s: Scratch) => back(s, host) })),
  ];
}

export function edit(patch: Partial<ClusterSpec>): (scratch: Scratch) => void {
  return (scratch) => {
    const { memory, edits } = scratch.state;
    const { cluster } = memory;
    const spec = { ...cluster.spec, ...patch };
    const generation = memory.generation + 1;
    const next = { ...memory, generation, cluster: { ...cluster, spec } };
    scratch.set({ memory: next, edits: edits + 1 });
  };
}

function isLive({ containers }: State, index: number): boolean {
  return containers.filter((c) => c.stage === "running")[index]?.news === "live";
}

function deafen(scratch: Scratch, container: Container, news: "late" | "silent"): void {
  const heard = { fresh: news === "late", status: statusOf(container, scratch.state) };
  scratch.set({ heard: { ...scratch.state.heard, [container.taskId]: heard } });
  scratch.patchContainer(container.taskId, { news });
}

function onHosts(
  { hosts }: State,
  what: string,
  happen: (scratch: Scratch, host: string) => void,
): readonly Step[] {
  return Object.keys(hosts)
    .filter((host) => hosts[host] === "up")
    .map((host) => ({ name: `${host} ${what}`, happen: (s: Scratch) => happen(s, host) }));
}

function cutOff(scratch: Scratch, host: string): void {
  for (const container of scratch.state.containers.filter((c) => c.host === host)) {
    if (container.news !== "silent") deafen(scratch, container, "silent");
  }
  scratch.set({ hosts: { ...scratch.state.hosts, [host]: "cut" } });
}

function powerOff(scratch: Scratch, host: string): void {
  for (const container of scratch.state.containers.filter((c) => c.host === host)) {
    end(scratch, container, "TASK_FAILED");
  }
  scratch.set({ hosts: { ...scratch.state.hosts, [host]: "down" } });
}

function back(scratch: Scratch, host: string): void {
  scratch.set({ hosts: { ...scratch.state.hosts, [host]: "up" } });
}

/** It reaches whoever follows the leader. */
function write(scratch: Scratch): void {
  const history = scratch.state.histories.at(-1);
  if (history === undefined || scratch.leaderOf(history) === undefined) return;
  const committed = { term: history.term, index: history.committed.index + 1 };
  for (const container of scratch.upIn(history)) {
    const volume = scratch.volumeOf(container);
    if (volume === undefined || container.leaderId !== history.leader) continue;
    scratch.setVolume(container, { ...volume, end: committed });
  }
  scratch.patchLineage(history.history, { committed });
}

function ask(scratch: Scratch): void {
  const { memory, snapshots } = scratch.state;
  const newest = snapshots.at(-1);
  const requested =
    newest === undefined
      ? ({ from: "nothing" } as const)
      : ({ from: "snapshot", snapshot: newest } as const);
  scratch.set({ asked: true, memory: { ...memory, recovery: { ...memory.recovery, requested } } });
}
