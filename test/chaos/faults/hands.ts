/** What a person with `etcdctl` does to the cluster's own etcd, by mistake or not. */
import { etcdKeys, nodeName, peerUrl } from "../../../controller/model/ids.ts";
import type { HostsTable } from "../../../controller/model/naming.ts";
import type { JupyterClusterObject, NodeStatus } from "../../../controller/model/resource.ts";
import { leaderOf } from "../../support/e2e/nodes.ts";
import { ownKeys, withFarTerm } from "../../support/e2e/other-hands.ts";
import { TLS } from "../../support/etcd/transport.ts";
import type { Site } from "../site.ts";
import { type Fault, MissedError } from "./fault.ts";
import { drawNode, told } from "./kill.ts";

/**
 * What etcd says while another fault of the group has it, and to a member that would take its quorum:
 * it has no room for one, or not enough of its own answer (`--strict-reconfig-check`).
 */
const REFUSED =
  /deadline exceeded|unavailable|connection refused|no leader|leader changed|timed out|unhealthy cluster|not enough started|too many learner/i;

async function etcdctl(site: Site, node: NodeStatus, ...args: readonly string[]): Promise<string> {
  try {
    return await site.inside(node, ["etcdctl", ...args]);
  } catch (error) {
    if (REFUSED.test(String(error))) throw new MissedError(String(error), { cause: error });
    throw error;
  }
}

/** Those of others, such as the writer's, stay: nobody can bring them back. */
export const deleteKeys: Fault = {
  kind: "delete the cluster's own keys in etcd",
  async run(site, before, random) {
    const { ref } = site.cluster;
    const { prefix } = etcdKeys(ref);
    const node = drawNode(before, random);
    const endedMs = performance.now();
    const deleted = await etcdctl(site, node, "del", prefix, "--prefix");
    return {
      endedMs,
      what: `${deleted} keys by ${told(node)}`,
      replaces: [],
      isOver: async (now) => {
        const list = ["get", prefix, "--prefix", "--keys-only"];
        const found = new Set((await etcdctl(site, leaderOf(now), ...list)).split("\n"));
        const slots = now.status.nodes.map((n) => n.slot);
        return ownKeys(ref, slots).every((key) => found.has(key));
      },
    };
  },
};

/** Names are fenced by the raft term: this one would keep every leader from writing them. */
export const foreignTerm: Fault = {
  kind: "a table of names with a term far ahead",
  async run(site, before, random) {
    const { hosts } = etcdKeys(site.cluster.ref);
    const node = drawNode(before, random);
    const read = async (by: NodeStatus) => {
      const text = await etcdctl(site, by, "get", hosts, "--print-value-only");
      if (text === "") throw new MissedError("the key is not there");
      return JSON.parse(text) as HostsTable;
    };
    const wrong = withFarTerm(await read(node));
    const endedMs = performance.now();
    await etcdctl(site, node, "put", hosts, JSON.stringify(wrong));
    return {
      endedMs,
      what: `by ${told(node)}`,
      replaces: [],
      isOver: async (now) => {
        const table = await read(leaderOf(now));
        return table.term < wrong.term && isInForce(table, now);
      },
    };
  },
};

function isInForce({ names }: HostsTable, { metadata, status }: JupyterClusterObject): boolean {
  const nameOf = new Map(names.map(({ slot, index }) => [slot, nodeName(metadata.name, index)]));
  return status.nodes.every((node) => nameOf.get(node.slot) === node.name);
}

/**
 * Never beside the loss of a slot's data: a majority would be gone for good with it, and what is lost
 * then is told and not prevented.
 */
function addMember(kind: string, ...flags: readonly string[]): Fault {
  return {
    kind,
    exclusive: "data",
    async run(site, before, random) {
      const node = drawNode(before, random);
      const url = peerUrl(site.unusedAddress, TLS);
      const endedMs = performance.now();
      await etcdctl(site, node, "member", "add", "foreign", `--peer-urls=${url}`, ...flags);
      return {
        endedMs,
        what: `by ${told(node)}`,
        replaces: [],
        isOver: async (now) => {
          const members = await etcdctl(site, leaderOf(now), "member", "list");
          return !members.includes(url);
        },
      };
    },
  };
}

export const addForeignLearner = addMember("add a foreign learner to etcd", "--learner");
/** One of four: the three are a quorum still. Where they would not be, etcd itself refuses it. */
export const addForeignVoter = addMember("add a foreign voter to etcd");
