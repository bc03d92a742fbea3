/**
 * One etcd3 client for one member. Retries, endpoints and deadlines are ours (endpoint-calls.ts).
 */
import {
  Etcd3,
  type IAlarmRequest,
  type IKeyValue,
  type IMember,
  type IRangeRequest,
  type IStatusResponse,
  type ITxnRequest,
} from "etcd3";
import type { TlsIdentity } from "../model/tls-identity.ts";
import { type ConnectionPace, oneMember } from "../support/etcd3-options.ts";

/**
 * What the controller asks of one member, in etcd's own messages. etcd3 answers it over gRPC, a
 * simulation without a network; both fail with the errors of etcd3.
 */
export interface MemberRpc {
  readonly kv: {
    range(request: IRangeRequest, options: CallOptions): Promise<FoundKeys>;
    txn(request: ITxnRequest, options: CallOptions): Promise<TxnAnswer>;
    compact(request: { readonly revision: number }, options: CallOptions): Promise<unknown>;
  };
  readonly cluster: {
    memberAdd(
      request: { readonly isLearner: boolean; readonly peerURLs: string[] },
      options: CallOptions,
    ): Promise<{ readonly member: Pick<IMember, "ID"> }>;
    memberRemove(request: { readonly ID: string }, options: CallOptions): Promise<unknown>;
    memberPromote(request: { readonly ID: string }, options: CallOptions): Promise<unknown>;
    memberList(
      request: { readonly linearizable: boolean },
      options: CallOptions,
    ): Promise<{ readonly members: readonly ListedMember[] }>;
  };
  readonly auth: {
    authenticate(
      request: { readonly name: string; readonly password: string },
      options: CallOptions,
    ): Promise<unknown>;
    authDisable(options: CallOptions): Promise<unknown>;
  };
  readonly maintenance: {
    moveLeader(request: { readonly targetID: string }, options: CallOptions): Promise<unknown>;
    alarm(request: IAlarmRequest, options: CallOptions): Promise<unknown>;
    status(options: CallOptions): Promise<Pick<IStatusResponse, "leader">>;
  };
  close(): void;
}

export type CallOptions = NonNullable<Parameters<Etcd3["cluster"]["memberList"]>[1]>;

type ListedMember = Pick<IMember, "ID" | "name" | "peerURLs" | "isLearner">;

export interface FoundKeys {
  readonly kvs: readonly Pick<IKeyValue, "value" | "mod_revision">[];
}

export interface TxnAnswer {
  readonly succeeded: boolean;
  readonly header: { readonly revision: string };
  /** Of the reads in it. */
  readonly responses: readonly { readonly response_range?: FoundKeys }[];
}

/**
 * @param url client URL of the member, e.g. `https://172.30.0.10:2379`
 * @param identity what the controller proves itself with; null: the member speaks without TLS
 */
export type ConnectMember = (url: string, identity: TlsIdentity | null) => MemberRpc;

const PACE: ConnectionPace = {
  reconnectMs: { first: 50, max: 500 },
  pingMs: { every: 5_000, timeout: 1_000 },
};

export function memberClient(url: string, identity: TlsIdentity | null): Etcd3 {
  return new Etcd3(oneMember(url, PACE, identity));
}
