/**
 * One member of a simulated etcd, as production's client calls it: etcd's messages, over network.
 */
import {
  GRPCDeadlineExceededError,
  GRPCFailedPreconditionError,
  GRPCUnavailableError,
  type ITxnRequest,
} from "etcd3";
import type {
  CallOptions,
  ConnectMember,
  FoundKeys,
  MemberRpc,
} from "../../../controller/etcd/member-client.ts";
import { decimalId, hexId } from "../../../controller/model/ids.ts";
import type { Clock } from "../../../controller/model/ports.ts";
import type { EtcdAnswer, EtcdRequest, EtcdSuccess, KeyValue } from "../etcd/types.ts";
import type { Endpoint } from "../wire/endpoint.ts";

export interface MemberWires {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly resolve: (ip: string) => string | undefined;
  /** Where a test falsifies what is asked. */
  readonly mutate: (request: EtcdRequest) => EtcdRequest;
}

export function connectMembers(network: MemberWires): ConnectMember {
  return (url) => simulatedMember(network, new URL(url).hostname);
}

function simulatedMember(network: MemberWires, ip: string): MemberRpc {
  const calls = new Calls(network, ip);
  const ask = (request: EtcdRequest, options: CallOptions) => calls.ask(request, options);
  return {
    kv: {
      range: async ({ key }, options) =>
        foundIn((await ask({ type: "get", key: String(key) }, options)).kvs),
      txn: async (request, options) => {
        const { succeeded, revision, kvs } = await ask(txnOf(request), options);
        const responses = [{ response_range: foundIn(kvs) }];
        return { succeeded, header: { revision: String(revision) }, responses };
      },
      compact: () => noDatabaseFillsUp("compact"),
    },
    cluster: {
      memberAdd: async ({ isLearner, peerURLs: [peerUrl = ""] }, options) => {
        const { member } = await ask({ type: "member-add", peerUrl, isLearner }, options);
        return { member: { ID: decimalId(member?.id ?? "") } };
      },
      memberRemove: ({ ID }, options) => ask({ type: "member-remove", id: hexId(ID) }, options),
      memberPromote: ({ ID }, options) => ask({ type: "member-promote", id: hexId(ID) }, options),
      memberList: async ({ linearizable }, options) => {
        const { members } = await ask({ type: "member-list", linearizable }, options);
        const listed = members.map(({ id, name, peerUrl, isLearner }) => {
          return { ID: decimalId(id), name, peerURLs: [peerUrl], isLearner };
        });
        return { members: listed };
      },
    },
    auth: {
      authenticate: () => Promise.reject(authIsOff()),
      authDisable: () => nobodyEnablesIt(),
    },
    maintenance: {
      moveLeader: ({ targetID }, options) =>
        ask({ type: "move-leader", to: hexId(targetID) }, options),
      alarm: () => noDatabaseFillsUp("disarm an alarm"),
      status: () => Promise.reject(new GRPCUnavailableError("the status is not asked for here")),
    },
    close: () => calls.close(),
  };
}

class Calls {
  private readonly open = new Set<(error: Error) => void>();

  constructor(
    private readonly network: MemberWires,
    private readonly ip: string,
  ) {}

  ask(request: EtcdRequest, { deadline }: CallOptions): Promise<EtcdSuccess> {
    const { endpoint, clock, resolve, mutate } = this.network;
    const deadlineMs = Math.max(0, Number(deadline) - clock.now());
    const peer = resolve(this.ip);
    return new Promise((done, reject) => {
      const fail = (error: Error) => {
        this.open.delete(fail);
        reject(error);
      };
      this.open.add(fail);
      const take = (answer: EtcdAnswer | undefined) => {
        if (answer === undefined) return fail(new GRPCDeadlineExceededError());
        if (!answer.ok) return fail(new GRPCFailedPreconditionError(answer.error));
        this.open.delete(fail);
        done(answer);
      };
      if (peer === undefined) clock.after(deadlineMs, () => take(undefined));
      else {
        endpoint.ask(peer, "etcd", mutate(request), deadlineMs, (answer) => {
          take(answer as EtcdAnswer | undefined);
        });
      }
    });
  }

  close(): void {
    for (const fail of this.open) fail(new GRPCUnavailableError("the client is closed"));
  }
}

function txnOf({ compare = [], success = [], failure = [] }: ITxnRequest): EtcdRequest {
  return {
    type: "txn",
    compare: compare.map(({ key, mod_revision }) => {
      return { key: String(key), field: "modRevision", equals: Number(mod_revision) };
    }),
    success: success.map(({ request_put: put }) => {
      return { type: "put", key: String(put?.key), value: String(put?.value) };
    }),
    failure: failure.map(({ request_range: range }) => {
      return { type: "get", key: String(range?.key) };
    }),
  };
}

function foundIn(kvs: readonly KeyValue[]): FoundKeys {
  return {
    kvs: kvs.map(({ value, modRevision }) => {
      return { value: Buffer.from(value), mod_revision: String(modRevision) };
    }),
  };
}

function noDatabaseFillsUp(request: string): Promise<never> {
  throw new Error(`a request to ${request} in a world where no database fills up`);
}

function authIsOff(): Error {
  return new GRPCFailedPreconditionError("etcdserver: authentication is not enabled");
}

function nobodyEnablesIt(): Promise<never> {
  throw new Error("authentication is switched off in a world where nobody switches it on");
}
