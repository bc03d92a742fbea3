/** Somebody who writes to a cluster's etcd all the time. */
import { KeyWriter } from "../etcd/key-writer.ts";
import type { LocalCluster } from "./local-cluster.ts";

/** @param run begins its keys; the cluster's name unless said */
export async function writerOn(
  cluster: LocalCluster,
  run: string = cluster.options.name,
): Promise<KeyWriter> {
  const endpoints = async () => (await cluster.object()).status.endpoints.etcd;
  return KeyWriter.start({ run, endpoints, identity: await cluster.etcdIdentity() });
}
