/** What can happen to etcd's data and processes in the containers of a local cluster. */
import type { JupyterClusterObject, NodeStatus } from "../../../controller/model/resource.ts";
import type { LocalCluster } from "./local-cluster.ts";

const DATA = "/var/lib/jupyter-cluster/etcd";

/** SIGKILL to all containers at the same moment. */
export async function killAllContainers(
  cluster: LocalCluster,
  object: JupyterClusterObject,
): Promise<void> {
  await Promise.all(object.status.nodes.map((node) => cluster.killContainer(node)));
}

/** SIGKILL to etcd's process in each of the containers, which run on. */
export async function killEtcd(cluster: LocalCluster, nodes: readonly NodeStatus[]): Promise<void> {
  await Promise.all(nodes.map((node) => asRoot(cluster, node, "kill -KILL $(pidof etcd)")));
}

/** The slot's volume is as empty as a new disk when its container next starts. */
export async function loseData(cluster: LocalCluster, nodes: readonly NodeStatus[]): Promise<void> {
  const script = `kill -KILL $(pidof etcd); rm -rf ${DATA}/member`;
  await Promise.all(nodes.map((node) => asRoot(cluster, node, script)));
}

/** Bytes in the middle of the database are not what etcd wrote. */
export async function corruptDatabase(cluster: LocalCluster, node: NodeStatus): Promise<void> {
  const db = `${DATA}/member/snap/db`;
  const script =
    `kill -STOP $(pidof etcd); ` +
    `dd if=/dev/urandom of=${db} bs=4096 seek=0 count=4 conv=notrunc status=none; ` +
    `kill -KILL $(pidof etcd)`;
  await asRoot(cluster, node, script);
}

async function asRoot(cluster: LocalCluster, node: NodeStatus, script: string): Promise<void> {
  const done = await cluster.exec(node, ["bash", "-c", script], "root");
  if (done.code !== 0) throw new Error(`slot ${node.slot}: ${done.stderr}`);
}
