/**
 * Takes what a running release has stored and what its nodes say, as files that unit tests read again for as long as
 * that release may stand beside this one. Secrets, host names and places are replaced, checksums made anew.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { authorization, connectAgent } from "../../../controller/agents/agent-http.ts";
import { agentTarget } from "../../../controller/agents/connection.ts";
import { clusterKey, etcdKeys } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { ClusterMemoryStore } from "../../../controller/store/cluster-memory-store.ts";
import { sealJson, unsealJson } from "../../../controller/support/files/sealed-json.ts";
import type { LocalCluster } from "../e2e/local-cluster.ts";
import { leaderOf } from "../e2e/nodes.ts";
import { silentLog } from "../silent-log.ts";

const DEADLINES = { headersMs: 3_000, bodyMs: 3_000 };
/** Of the state directory: all that holds JSON of ours. Not the token, sockets, locks, logs, whole snapshots. */
const STATE_FILES =
  /^(version|framework)\.json$|^(clusters|tasks)\/.*\.json$|checkpoint\.json$|^snapshots\/.*\.json$/;

export async function recordFixtures(
  cluster: LocalCluster,
  object: JupyterClusterObject,
  directory: string,
): Promise<void> {
  const memory = await memoryOf(cluster);
  const clean = cleaner(cluster, memory);
  await rm(directory, { recursive: true, force: true });
  const save = async (path: string, text: string) => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), `${text.trim()}\n`);
  };
  for (const path of await readdir(cluster.stateDir, { recursive: true })) {
    if (!STATE_FILES.test(path)) continue;
    const text = await readFile(join(cluster.stateDir, path), "utf8");
    const value = JSON.parse(clean(JSON.stringify(unsealJson(text)))) as object;
    await save(join("state", path), sealJson(value, 1));
  }
  for (const { slot, ip } of object.status.nodes) {
    await save(`agents/${slot}.json`, clean(await statusOf(ip, memory)));
  }
  const keys = etcdKeys(cluster.ref);
  const members = object.status.nodes.map(({ slot }) => keys.member(slot));
  const records: Record<string, string> = {};
  for (const key of [keys.desired, keys.hosts, keys.status, ...members]) {
    records[key] = clean(await cluster.etcdGet(leaderOf(object), key));
  }
  await save("etcd.json", JSON.stringify(records, null, 1));
}

async function memoryOf(cluster: LocalCluster): Promise<ClusterMemory> {
  const store = new ClusterMemoryStore(join(cluster.stateDir, "clusters"), silentLog);
  const memory = (await store.loadAll()).get(clusterKey(cluster.ref));
  if (memory === undefined) throw new Error("the controller has stored nothing of the cluster");
  return memory;
}

/** As its agent says it. */
async function statusOf(ip: string, memory: ClusterMemory): Promise<string> {
  const target = agentTarget(ip, memory);
  const connection = connectAgent(target, DEADLINES);
  try {
    const headers = authorization(target.token);
    const answer = await connection.request({ method: "GET", path: "/v1/status", headers });
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    await connection.destroy();
  }
}

/** What nobody else is to know, and what is of this machine alone, gives way to something of the same form. */
function cleaner(cluster: LocalCluster, { secrets }: ClusterMemory): (text: string) => string {
  const { agentToken, jupyterToken, cookieSecret, authorityKey } = secrets;
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  const replacements: [string, string][] = [
    [agentToken, "a".repeat(agentToken.length)],
    [jupyterToken, "b".repeat(jupyterToken.length)],
    [cookieSecret, "c".repeat(cookieSecret.length)],
    ...(authorityKey === null ? [] : [[inJson(authorityKey), "not a key"] as [string, string]]),
    [cluster.dir, "/srv/site"],
    [`"${hostname()}"`, '"host-a"'],
  ];
  return (text) => replacements.reduce((now, [from, to]) => now.replaceAll(from, to), text);
}
