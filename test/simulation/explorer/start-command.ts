/**
 * An agent carries out what it is told about etcd, as the real one does, and what is lost by it.
 */
import type { EtcdStart, StartCommand } from "../../../controller/model/agent-api.ts";
import { bootstrapClusterId, bootstrapMemberId } from "../../../controller/model/bootstrap-ids.ts";
import { memberNameOf, peerUrl } from "../../../controller/model/ids.ts";
import type { Scratch } from "./scratch.ts";
import {
  type Container,
  isNewer,
  type LogEnd,
  majorityOf,
  type Volume,
  volumeKey,
} from "./state.ts";
import { TLS } from "../../support/etcd/transport.ts";

const NOTHING: LogEnd = { term: 0, index: 0 };

export function giveCommand(
  scratch: Scratch,
  taskId: string,
  { commandId, etcd }: Pick<StartCommand, "commandId" | "etcd">,
): void {
  const { containers, hosts } = scratch.state;
  const container = containers.find((c) => c.taskId === taskId);
  if (container?.stage !== "running" || hosts[container.host] !== "up") return;
  if (container.news === "silent" || container.commandId === commandId) return;
  // An etcd that has a leader is left alone, whatever the command says.
  if (container.etcd === "up" && container.leaderId !== null) return;
  if (!carryOut(scratch, container, etcd, commandId)) return;
  const logRead = scratch.volumeOf(container)?.end ?? NOTHING;
  const begun = {
    commandId: commandId,
    etcd: "up",
    leaderId: null,
    members: null,
    logRead,
  } as const;
  scratch.patchContainer(taskId, begun);
}

/** @returns false: it was refused */
function carryOut(
  scratch: Scratch,
  container: Container,
  etcd: EtcdStart,
  commandId: string,
): boolean {
  const volume = scratch.volumeOf(container);
  switch (etcd.mode) {
    case "resume":
      return volume !== undefined && volume.clusterId === (etcd.clusterId ?? volume.clusterId);
    case "bootstrap":
      if (volume !== undefined) return false;
      bootstrap(scratch, container, etcd);
      return true;
    case "join":
      if (volume !== undefined) loseData(scratch, container, volume);
      join(scratch, container, etcd);
      return true;
    case "force-new-cluster":
      if (volume?.clusterId !== etcd.clusterId) return false;
      if (volume.forcedBy !== commandId) force(scratch, container, volume, commandId);
      return true;
    case "restore":
      if (volume?.clusterId !== etcd.clusterId) restore(scratch, container, etcd);
      return true;
  }
}

function bootstrap(
  scratch: Scratch,
  container: Container,
  { initialCluster, token }: Extract<EtcdStart, { mode: "bootstrap" }>,
): void {
  const clusterId = bootstrapClusterId(initialCluster, token);
  const known = scratch.history(clusterId);
  if (known === undefined) {
    const members = Object.entries(initialCluster).map(([name, url]) => ({
      id: bootstrapMemberId(url, token),
      name,
      peerUrls: [url],
      isLearner: false,
    }));
    begin(scratch, clusterId, clusterId, members, NOTHING);
  }
  const memberId = bootstrapMemberId(peerUrl(container.ip, TLS), token);
  take(scratch, memberId, container);
  const volume = { clusterId, memberId, history: clusterId, end: NOTHING, forcedBy: null };
  scratch.setVolume(container, volume);
}

function join(
  scratch: Scratch,
  container: Container,
  { clusterId, memberId }: Extract<EtcdStart, { mode: "join" }>,
): void {
  take(scratch, memberId, container);
  const history = scratch.state.histories.findLast((l) => l.clusterId === clusterId)?.history ?? "";
  scratch.setVolume(container, { clusterId, memberId, history, end: NOTHING, forcedBy: null });
}

/** The one survivor goes on as the only member of a history of its own. */
function force(scratch: Scratch, container: Container, volume: Volume, commandId: string): void {
  judgeBeginning(scratch, container, volume);
  const { clusterId, memberId } = volume;
  const history = `${clusterId}+${scratch.state.histories.length}`;
  const peerUrls = [peerUrl(container.ip, TLS)];
  const member = { id: memberId, name: memberNameOf(container.slot), peerUrls, isLearner: false };
  begin(scratch, history, clusterId, [member], volume.end);
  scratch.setVolume(container, { ...volume, history, forcedBy: commandId });
}

function restore(
  scratch: Scratch,
  container: Container,
  { clusterId, token }: Extract<EtcdStart, { mode: "restore" }>,
): void {
  judgeBeginning(scratch, container, undefined);
  const memberId = bootstrapMemberId(peerUrl(container.ip, TLS), token);
  const peerUrls = [peerUrl(container.ip, TLS)];
  const member = { id: memberId, name: memberNameOf(container.slot), peerUrls, isLearner: false };
  // Told again after its data was lost, it is the only member that ever was: it denies nobody a
  // vote.
  begin(scratch, clusterId, clusterId, [member], NOTHING);
  const volume = { clusterId, memberId, history: clusterId, end: NOTHING, forcedBy: null };
  scratch.setVolume(container, volume);
}

function begin(
  scratch: Scratch,
  history: string,
  clusterId: string,
  members: Parameters<Scratch["addLineage"]>[0]["members"],
  committed: LogEnd,
): void {
  const { term } = committed;
  const nothing = { leader: null, pending: null, desired: null, hosts: null, added: 0 };
  scratch.addLineage({ history, clusterId, members, term, committed, ...nothing });
  scratch.set({ asked: false });
}

/** A member that has voted must never begin again with no memory of it. */
function take(scratch: Scratch, memberId: string, { slot }: Container): void {
  const { taken } = scratch.state;
  if (taken.includes(memberId))
    scratch.wrong("an identity is used once", `slot ${slot} is ${memberId}`);
  else scratch.set({ taken: [...taken, memberId] });
}

/** What a member of the present history holds is never wiped. */
function loseData(scratch: Scratch, container: Container, volume: Volume): void {
  const newest = scratch.state.histories.at(-1);
  const member = newest?.members.find((m) => m.id === volume.memberId);
  if (newest?.history === volume.history && member !== undefined && !member.isLearner) {
    scratch.wrong("a voter's data is never wiped", `slot ${container.slot} on ${container.host}`);
  }
  scratch.wipe(container);
}

function judgeBeginning(scratch: Scratch, container: Container, own: Volume | undefined): void {
  const { state } = scratch;
  const newest = state.histories.at(-1);
  if (newest === undefined || state.asked) return;
  const voters = newest.members.filter((m) => !m.isLearner).map((m) => m.id);
  const holders = Object.entries(state.volumes).filter(
    ([, v]) => v.history === newest.history && voters.includes(v.memberId),
  );
  const others = holders.filter(([place]) => place !== volumeKey(container));
  if (holders.length >= majorityOf(voters.length) && others.length > 0) {
    const where = holders.map(([place]) => place).join(", ");
    scratch.wrong("begun anew too early", `in slot ${container.slot}, but ${where} have data`);
  }
  const better = others.find(([, v]) => own !== undefined && isNewer(v.end, own.end));
  if (better === undefined) return;
  scratch.wrong("the best log goes on", `not slot ${container.slot}, but ${better[0]} has it`);
}
