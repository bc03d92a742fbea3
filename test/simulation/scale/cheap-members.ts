/** Members of the clusters' etcds: one that is away, or knows no leader, lets the deadline pass. */
import { GRPCDeadlineExceededError, GRPCFailedPreconditionError } from "etcd3";
import type {
  CallOptions,
  ConnectMember,
  MemberRpc,
} from "../../../controller/etcd/member-client.ts";
import { decimalId, hexId } from "../../../controller/model/ids.ts";
import type { DesiredSlots } from "../../../controller/model/naming.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { CheapCluster } from "./cheap-cluster.ts";

export interface CheapMembersOptions {
  readonly clock: Clock;
  /** Whose address that is. */
  at(ip: string): { readonly cluster: CheapCluster; readonly slot: number };
}

const ANSWER_MS = 5;

/** What all members of a cluster hold. */
type Keys = Map<string, { readonly value: Buffer; readonly mod_revision: string }>;

export function connectCheapMembers(options: CheapMembersOptions): ConnectMember {
  const keys = new Map<CheapCluster, Keys>();
  return (url) => {
    const { cluster, slot } = options.at(new URL(url).hostname);
    const asked = async <T>({ deadline }: CallOptions, work: () => T): Promise<T> => {
      await pass(options.clock, ANSWER_MS);
      if (cluster.isReachable(slot) && cluster.etcd.leaderSlot !== null) return work();
      await pass(options.clock, Math.max(0, Number(deadline) - options.clock.now()));
      throw new GRPCDeadlineExceededError();
    };
    const held: Keys = keys.get(cluster) ?? new Map();
    keys.set(cluster, held);
    return memberOf(cluster, held, asked, (peerUrl) => options.at(new URL(peerUrl).hostname).slot);
  };
}

function memberOf(
  cluster: CheapCluster,
  stored: Keys,
  asked: <T>(options: CallOptions, work: () => T) => Promise<T>,
  slotOf: (peerUrl: string) => number,
): MemberRpc {
  let revision = 0;
  return {
    kv: {
      // Nobody else writes here, so that every comparison holds.
      txn: ({ success }, options) =>
        asked(options, () => {
          const put = success?.[0]?.request_put;
          if (String(put?.key).endsWith("/desired")) {
            cluster.put(JSON.parse(String(put?.value)) as DesiredSlots);
          }
          revision += 1;
          const value = Buffer.from(String(put?.value));
          stored.set(String(put?.key), { value, mod_revision: String(revision) });
          return { succeeded: true, header: { revision: String(revision) }, responses: [] };
        }),
      range: ({ key }, options) =>
        asked(options, () => ({ kvs: [stored.get(String(key)) ?? []].flat() })),
      compact: () => nobodyAsks("compact"),
    },
    cluster: {
      memberAdd: ({ peerURLs: [peerUrl = ""] }, options) =>
        asked(options, () => {
          cluster.addLearner(slotOf(peerUrl), peerUrl);
          const added = cluster.etcd.members.find((m) => m.peerUrls.includes(peerUrl));
          return { member: { ID: decimalId(added?.id ?? "") } };
        }),
      memberRemove: ({ ID }, options) => asked(options, () => cluster.removeMember(hexId(ID))),
      memberPromote: ({ ID }, options) =>
        asked(options, () => {
          const member = cluster.etcd.members.find((m) => m.id === hexId(ID));
          if (member === undefined) throw new Error(`there is no member ${hexId(ID)}`);
          cluster.promote(slotOf(member.peerUrls[0] ?? ""), member.id);
        }),
      memberList: () => nobodyAsks("memberList"),
    },
    auth: {
      authenticate: (_, options) =>
        asked(options, () => {
          throw new GRPCFailedPreconditionError("etcdserver: authentication is not enabled");
        }),
      authDisable: () => nobodyAsks("authDisable"),
    },
    maintenance: {
      moveLeader: () => nobodyAsks("moveLeader"),
      alarm: () => nobodyAsks("alarm"),
      status: () => nobodyAsks("status"),
    },
    close: () => undefined,
  };
}

function pass(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

function nobodyAsks(request: string): Promise<never> {
  throw new Error(`${request} where nothing asks for it`);
}
