/** Tells of everything that leaves a controller and may change the world, as it leaves. */
import type { CorePorts } from "../../../controller/core-ports.ts";

export function watchedEffects(ports: CorePorts, onLeaving: (what: string) => void): CorePorts {
  const { mesos, connectAgent, connectMember } = ports;
  const { transport } = mesos;
  if (transport === undefined) throw new Error("a simulated controller has connections of its own");
  type Connect = typeof transport.callPool;
  const watched = (connect: Connect): Connect => {
    return (address) => {
      const connection = connect(address);
      return {
        get destroyed() {
          return connection.destroyed;
        },
        request: (request) => {
          const { type } = JSON.parse(request.body) as { readonly type: string };
          onLeaving(`the call ${type} of Mesos`);
          return connection.request(request);
        },
        destroy: () => connection.destroy(),
      };
    };
  };
  return {
    ...ports,
    mesos: {
      ...mesos,
      transport: {
        scheme: transport.scheme,
        streamClient: watched((address) => transport.streamClient(address)),
        callPool: watched((address) => transport.callPool(address)),
        headers: (more) => transport.headers(more),
      },
    },
    connectAgent: (target, deadlines) => {
      const connection = connectAgent(target, deadlines);
      return {
        request: (request) => {
          const { method, path } = request;
          if (method !== "GET") onLeaving(`${method} ${path} of an agent`);
          return connection.request(request);
        },
        destroy: (reason) => connection.destroy(reason),
      };
    },
    connectMember: (url, identity) => {
      const member = connectMember(url, identity);
      const { kv, cluster, auth, maintenance } = member;
      const told = <A extends unknown[], R>(what: string, call: (...args: A) => R) => {
        return (...args: A): R => {
          onLeaving(what);
          return call(...args);
        };
      };
      return {
        ...{ kv, auth, maintenance, close: () => member.close() },
        cluster: {
          memberAdd: told("a member is added", cluster.memberAdd.bind(cluster)),
          memberRemove: told("a member is removed", cluster.memberRemove.bind(cluster)),
          memberPromote: told("a member is promoted", cluster.memberPromote.bind(cluster)),
          memberList: cluster.memberList.bind(cluster),
        },
      };
    },
  };
}
