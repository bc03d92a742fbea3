/** What must hold whenever a cluster says Ready, seen from inside its containers. */
import { expect } from "vitest";
import type { JupyterClusterObject, NodeStatus } from "../../../controller/model/resource.ts";
import type { LocalCluster } from "./local-cluster.ts";
import { leaderOf, nodesByName } from "./nodes.ts";

/** On a machine under load a leader may change while one looks: then what was seen is nothing. */
const LOOKS_MAX = 3;

export async function expectInvariants(cluster: LocalCluster): Promise<JupyterClusterObject> {
  for (let look = 1; ; look++) {
    const object = await cluster.untilReady();
    try {
      return await expectInvariantsNow(cluster, object);
    } catch (error) {
      const { raftTerm } = (await cluster.object()).status.etcd;
      if (raftTerm === object.status.etcd.raftTerm || look === LOOKS_MAX) throw error;
    }
  }
}

async function expectInvariantsNow(
  cluster: LocalCluster,
  object: JupyterClusterObject,
): Promise<JupyterClusterObject> {
  expectNames(object);
  await expectLeaderByEtcd(cluster, object);
  await expectSameHostsTable(cluster, object);
  await expectSshEverywhere(cluster, object);
  await expectSharedFolder(cluster, object);
  await expectJupyterThroughProxy(cluster);
  return object;
}

/** All but the spare. */
function named(object: JupyterClusterObject): NodeStatus[] {
  return nodesByName(object).filter((n) => n.name !== null);
}

function expectNames(object: JupyterClusterObject): void {
  const { replicas } = object.status;
  const names = named(object).map((n) => n.name);
  const wanted = Array.from({ length: replicas }, (_, k) => `${object.metadata.name}-${k}`);
  expect(names).toEqual(wanted);
  expect(leaderOf(object).name).toBe(`${object.metadata.name}-0`);
  expect(object.status.leader).toBe(`${object.metadata.name}-0`);
}

/** etcd's own word, not ours: exactly one member says that it leads, and it is XXX-0's. */
async function expectLeaderByEtcd(cluster: LocalCluster, o: JupyterClusterObject): Promise<void> {
  const members = new Set<string>();
  for (const node of o.status.nodes) {
    const asked = await cluster.etcdctl(node, "endpoint", "status", "-w", "fields");
    expect(asked.code, asked.stderr).toBe(0);
    const field = (name: string) => new RegExp(`"${name}" : (\\d+)`).exec(asked.stdout)?.[1];
    const leads = field("MemberID") === field("Leader");
    expect(leads, `slot ${node.slot} leads`).toBe(node.leader);
    members.add(field("Leader") ?? "none");
  }
  expect(members.size).toBe(1);
  const listed = await cluster.etcdctl(leaderOf(o), "member", "list");
  expect(listed.stdout.trim().split("\n").length).toBe(o.status.nodes.length);
}

async function expectSameHostsTable(cluster: LocalCluster, o: JupyterClusterObject): Promise<void> {
  const names = named(o);
  for (const node of names) {
    for (const other of names) {
      const asked = await cluster.exec(node, ["getent", "ahostsv4", other.name ?? ""]);
      const address = asked.stdout.split(/\s+/)[0];
      expect(address, `${other.name} as ${node.name} sees it`).toBe(other.ip);
    }
  }
}

async function expectSshEverywhere(cluster: LocalCluster, o: JupyterClusterObject): Promise<void> {
  const names = named(o);
  for (const from of names) {
    const commands = names.map(
      (to) => `ssh -o BatchMode=yes -o StrictHostKeyChecking=yes ${to.name} hostname -I`,
    );
    const asked = await cluster.exec(from, ["bash", "-c", commands.join(" && ")]);
    expect(asked.code, `ssh from ${from.name}: ${asked.stderr}`).toBe(0);
    expect(
      asked.stdout
        .trim()
        .split("\n")
        .map((l) => l.trim()),
    ).toEqual(names.map((n) => n.ip));
  }
}

async function expectSharedFolder(cluster: LocalCluster, o: JupyterClusterObject): Promise<void> {
  const [writer, ...readers] = o.status.nodes;
  if (writer === undefined) throw new Error("there are no nodes");
  const text = `written by ${writer.taskId} at ${o.metadata.resourceVersion}`;
  const wrote = await cluster.exec(writer, ["bash", "-c", `echo '${text}' > /shared/proof.txt`]);
  expect(wrote.code, wrote.stderr).toBe(0);
  for (const reader of readers) {
    const read = await cluster.exec(reader, ["cat", "/shared/proof.txt"]);
    expect(read.stdout.trim()).toBe(text);
  }
}

export async function expectJupyterThroughProxy(cluster: LocalCluster): Promise<void> {
  const refused = await fetch(`${cluster.proxyUrl}/api/contents`);
  expect(refused.status).toBe(403);
  const url = new URL(await jupyterUrl(cluster));
  const served = await fetch(new URL(`/api/contents?token=${url.searchParams.get("token")}`, url));
  expect(served.status).toBe(200);
}

/** With the token, as the CLI tells it to the cluster's user. */
export async function jupyterUrl(cluster: LocalCluster): Promise<string> {
  const asked = await cluster.cli("url", cluster.options.name);
  if (asked.code !== 0) throw new Error(asked.stderr);
  return asked.stdout.trim();
}
