/**
 * What happens by itself: containers start, etcd elects and follows, agents read and are heard,
 * Mesos tells. Each is offered alone, so that all commands are tried, and all of them at once.
 */
import { canElect, commitPending, elect, follow, tableLacks, writeTable } from "./etcd.ts";
import { end, reconcile, tell, untold } from "./mesos.ts";
import { Scratch } from "./scratch.ts";
import { type Container, type History, type State } from "./state.ts";

export interface Effect {
  readonly name: string;
  readonly happen: (scratch: Scratch) => void;
}

export function pendingEffects(state: State): readonly Effect[] {
  const scratch = new Scratch(state);
  return [
    ...mesosEffects(state),
    ...state.histories.flatMap((history) => historyEffects(history, scratch)),
    ...state.containers.flatMap((container) => containerEffects(container, scratch)),
    ...state.containers.flatMap(stopEffects),
    ...newsEffects(state),
  ];
}

/** One round: whatever is due now, once each, in this command. */
export function settle(scratch: Scratch): void {
  for (const { happen } of pendingEffects(scratch.state)) happen(scratch);
}

function mesosEffects(state: State): readonly Effect[] {
  if (state.mesos === "away") {
    const happen = (scratch: Scratch) => scratch.set({ mesos: "unreconciled" });
    return [{ name: "Mesos takes the framework back", happen }];
  }
  if (state.mesos === "unreconciled") return [{ name: "Mesos answers for all", happen: reconcile }];
  return untold(state).length === 0 ? [] : [{ name: "Mesos tells what is new", happen: tell }];
}

function historyEffects(history: History, scratch: Scratch): readonly Effect[] {
  const { history: name } = history;
  const found: Effect[] = [];
  const add = (what: string, happen: Effect["happen"]) => found.push({ name: what, happen });
  const now = (of: Scratch) => of.history(name) ?? history;
  if (canElect(scratch, history)) add(`etcd elects (${name})`, (s) => elect(s, now(s)));
  if (history.pending !== null && scratch.leaderOf(history) !== undefined) {
    add("what waited in the leader's log is committed", (s) => commitPending(s, now(s)));
  }
  if (tableLacks(scratch, history))
    add("the leader writes the names", (s) => writeTable(s, now(s)));
  return found;
}

function containerEffects(container: Container, scratch: Scratch): readonly Effect[] {
  const { taskId, slot, host, stage } = container;
  const { hosts } = scratch.state;
  if (stage === "staging") {
    if (hosts[host] !== "up") return [];
    return [{ name: `slot ${slot} starts`, happen: (s) => start(s, container) }];
  }
  const volume = scratch.volumeOf(container);
  const history = scratch.history(volume?.history);
  if (container.etcd !== "up" || volume === undefined || history === undefined) return [];
  const leader = hosts[host] === "up" ? scratch.leaderOf(history) : undefined;
  const isMember = history.members.some((m) => m.id === volume.memberId);
  if (leader !== undefined && !isMember) {
    const happen = (s: Scratch) => s.patchContainer(taskId, { etcd: "exited", leaderId: null });
    return [{ name: `slot ${slot} hears that it was removed`, happen }];
  }
  if (leader !== undefined) {
    const upToDate =
      container.leaderId === history.leader &&
      container.term === history.term &&
      container.members === history.members &&
      volume.end === history.committed;
    if (upToDate) return [];
    const name = `slot ${slot} follows slot ${leader.slot}`;
    return [{ name, happen: (s) => refollow(s, taskId) }];
  }
  return loneEffects(container, scratch, history);
}

/** Without a leader that a quorum follows, it notices so, and its agent reads the log again. */
function loneEffects(container: Container, scratch: Scratch, history: History): readonly Effect[] {
  const { taskId, slot, logRead, leaderId } = container;
  const volume = scratch.volumeOf(container);
  if (volume === undefined) return [];
  const isLearner = history.members.some((m) => m.id === volume.memberId && m.isLearner);
  if (leaderId !== null && !isLearner) {
    const happen = (s: Scratch) => s.patchContainer(taskId, { leaderId: null, members: null });
    return [{ name: `slot ${slot} notices that there is no leader`, happen }];
  }
  if (leaderId !== null) return [];
  const { end } = volume;
  if (logRead.term === end.term && logRead.index === end.index) return [];
  const happen = (s: Scratch) => s.patchContainer(taskId, { logRead: end });
  return [{ name: `the agent of slot ${slot} reads its log`, happen }];
}

/** A kill takes its time, and nobody hears of it before the end. */
function stopEffects({ taskId, slot, stopping }: Container): readonly Effect[] {
  if (!stopping) return [];
  const happen = (scratch: Scratch) => {
    const container = scratch.state.containers.find((c) => c.taskId === taskId);
    if (container !== undefined) end(scratch, container, "TASK_KILLED");
  };
  return [{ name: `slot ${slot} ends as it was told to`, happen }];
}

function refollow(scratch: Scratch, taskId: string): void {
  const container = scratch.state.containers.find((c) => c.taskId === taskId);
  if (container?.etcd === "up") follow(scratch, container);
}

function start(scratch: Scratch, container: Container): void {
  const logRead = scratch.volumeOf(container)?.end ?? { term: 0, index: 0 };
  scratch.patchContainer(container.taskId, { stage: "running", logRead });
}

/** News that are late arrive; of a container that is gone, its end. */
function newsEffects(state: State): readonly Effect[] {
  const late = state.containers.filter((c) => c.news === "late" && state.hosts[c.host] === "up");
  const running = new Set(state.containers.map((c) => c.taskId));
  const ghosts = Object.entries(state.heard).filter(([id, h]) => h.fresh && !running.has(id));
  return [
    ...late.map((c) => ({ name: `slot ${c.slot} is heard`, happen: hear(c.taskId) })),
    ...ghosts.map(([taskId, { status }]) => ({
      name: `the stream of slot ${status.slot} breaks`,
      happen: (s: Scratch) => {
        s.set({ heard: { ...s.state.heard, [taskId]: { fresh: false, status } } });
      },
    })),
  ];
}

/** From now on, each change at once. */
export function hear(taskId: string): Effect["happen"] {
  return (scratch) => {
    const { [taskId]: _, ...heard } = scratch.state.heard;
    scratch.set({ heard });
    scratch.patchContainer(taskId, { news: "live" });
  };
}
