/**
 * The one place where an effect asks whether we still act: around the ports, so that nothing behind
 * them has to think of it. Looking is let pass; whoever has lost its term can do nothing.
 */
import type Docker from "dockerode";
import type { AgentRequest, ConnectAgent } from "../agents/connection.ts";
import type { CorePorts } from "../core-ports.ts";
import type { ConnectMember } from "../etcd/member-client.ts";
import type { MasterConnections } from "../mesos/http/connections.ts";
import { TERM_HEADER } from "../model/agent-api.ts";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import type { ClusterSnapshots } from "../model/ports.ts";

type WebhookDeliverer = NonNullable<CorePorts["webhook"]>["deliverer"];

/** What of a term effects rest on. */
export interface HeldTerm {
  readonly number: number;
  /** By our own monotonic clock: a process that was paused finds out at its first look. */
  isHeld(): boolean;
}

/** @param ports made for this term alone */
export function fenced(ports: CorePorts, term: HeldTerm): CorePorts {
  const { mesos, connectAgent, connectMember, snapshots } = ports;
  const transport = mesos.transport && fencedMasters(mesos.transport, term);
  return {
    ...ports,
    mesos: { ...mesos, ...(transport === undefined ? {} : { transport }) },
    connectAgent: fencedAgents(connectAgent, term),
    connectMember: fencedMembers(connectMember, term),
    docker: ports.docker && fencedDocker(ports.docker, term),
    snapshots: { of: (cluster) => fencedSnapshots(snapshots.of(cluster), term) },
    webhook: ports.webhook && {
      ...ports.webhook,
      deliverer: fencedDeliverer(ports.webhook.deliverer, term),
    },
    publisher: {
      // What is known without a term is no news: whoever acts now tells it better.
      publish: (object, events) =>
        term.isHeld() ? ports.publisher.publish(object, events) : object,
      remove: (key) => {
        if (term.isHeld()) ports.publisher.remove(key);
      },
    },
  };
}

/** @throws OperationError ERR_NOT_ACTING */
function requireTerm(term: HeldTerm, operation: string): void {
  if (!term.isHeld()) throw notActing(operation);
}

/** Whoever acts now delivers it. */
function fencedDeliverer(deliverer: WebhookDeliverer, term: HeldTerm): WebhookDeliverer {
  return {
    attempt: async (delivery) =>
      term.isHeld()
        ? deliverer.attempt(delivery)
        : { is: "failed", why: "this controller acts no more" },
    close: () => deliverer.close(),
  };
}

function fencedDocker(docker: Docker, term: HeldTerm): Docker {
  const modem = docker.modem as { dial: Dial };
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    if (options.method === "GET" || options.method === "HEAD" || term.isHeld()) {
      return dial(options, callback);
    }
    callback(notActing(`${options.method} ${options.path}`));
  };
  return docker;
}

type Dial = (
  options: { readonly method: string; readonly path: string },
  callback: (error: Error | null, data?: unknown) => void,
) => void;

function fencedMasters(masters: MasterConnections, term: HeldTerm): MasterConnections {
  const guard = (connection: ReturnType<MasterConnections["callPool"]>) => ({
    get destroyed() {
      return connection.destroyed;
    },
    request: async (request: Parameters<typeof connection.request>[0]) => {
      requireTerm(term, "call the Mesos master");
      return connection.request(request);
    },
    destroy: () => connection.destroy(),
  });
  return {
    scheme: masters.scheme,
    streamClient: (address) => guard(masters.streamClient(address)),
    callPool: (address) => guard(masters.callPool(address)),
    headers: (more) => masters.headers(more),
  };
}

/** Orders say in which term they are given: agents refuse those of a lower one than they know. */
function fencedAgents(connect: ConnectAgent, term: HeldTerm): ConnectAgent {
  return (target, deadlines) => {
    const connection = connect(target, deadlines);
    const request = async (wanted: AgentRequest) => {
      if (wanted.method === "GET") return connection.request(wanted);
      requireTerm(term, `${wanted.method} ${wanted.path} of the agent at ${target.ip}`);
      const headers = { ...wanted.headers, [TERM_HEADER]: String(term.number) };
      return connection.request({ ...wanted, headers });
    };
    return { request, destroy: (reason) => connection.destroy(reason) };
  };
}

/** Membership, leadership, keys: all that is asked of a member, for what is read is acted upon. */
function fencedMembers(connect: ConnectMember, term: HeldTerm): ConnectMember {
  return (url, identity) => {
    const member = connect(url, identity);
    const { kv, cluster, auth, maintenance } = member;
    const ask = async <T>(call: () => Promise<T>): Promise<T> => {
      requireTerm(term, `ask etcd at ${url}`);
      return call();
    };
    return {
      kv: {
        range: (request, options) => ask(() => kv.range(request, options)),
        txn: (request, options) => ask(() => kv.txn(request, options)),
        compact: (request, options) => ask(() => kv.compact(request, options)),
      },
      cluster: {
        memberAdd: (request, options) => ask(() => cluster.memberAdd(request, options)),
        memberRemove: (request, options) => ask(() => cluster.memberRemove(request, options)),
        memberPromote: (request, options) => ask(() => cluster.memberPromote(request, options)),
        memberList: (request, options) => ask(() => cluster.memberList(request, options)),
      },
      auth: {
        authenticate: (request, options) => ask(() => auth.authenticate(request, options)),
        authDisable: (options) => ask(() => auth.authDisable(options)),
      },
      maintenance: {
        moveLeader: (request, options) => ask(() => maintenance.moveLeader(request, options)),
        alarm: (request, options) => ask(() => maintenance.alarm(request, options)),
        status: (options) => ask(() => maintenance.status(options)),
      },
      close: () => member.close(),
    };
  };
}

function fencedSnapshots(snapshots: ClusterSnapshots, term: HeldTerm): ClusterSnapshots {
  return {
    list: () => snapshots.list(),
    openVerified: (snapshot) => snapshots.openVerified(snapshot),
    save: async (takenAt, facts, content) => {
      requireTerm(term, "SaveSnapshot");
      return snapshots.save(takenAt, facts, content);
    },
    remove: async (which) => {
      requireTerm(term, "DeleteSnapshots");
      return snapshots.remove(which);
    },
  };
}

function notActing(operation: string): OperationError {
  const message = "This controller does not act any more: another one may. Nothing was sent.";
  return new OperationError(ERROR_CODES.NOT_ACTING, operation, message);
}
