/** How etcd is run. Pure. */
import type { EtcdStart, NodeConfig } from "../../../controller/model/agent-api.ts";
import { clientUrl, peerUrl } from "../../../controller/model/ids.ts";
import { AUTHORITY_FILE, IDENTITY_FILE } from "../../../controller/model/tls-identity.ts";

export const LOOPBACK = "127.0.0.1";
/**
 * Entries between two snapshots of the raft log. A follower that lags further gets the whole
 * database instead, which is small here; fewer entries in memory and a shorter replay matter more.
 */
const SNAPSHOT_COUNT = 10_000;

/** etcd reads the files again at each handshake. */
const TLS_FLAGS = [
  ["client-cert-auth", "trusted-ca-file", "cert-file", "key-file"],
  ["peer-client-cert-auth", "peer-trusted-ca-file", "peer-cert-file", "peer-key-file"],
].flatMap(([proof, authority, certificate, key]) => [
  `--${proof}`,
  `--${authority}=${AUTHORITY_FILE}`,
  `--${certificate}=${IDENTITY_FILE}`,
  `--${key}=${IDENTITY_FILE}`,
]);

/** @param force add `--force-new-cluster`: this member becomes the only one, with its data */
export function etcdFlags(
  config: NodeConfig,
  dataDir: string,
  command: EtcdStart,
  force: boolean,
): string[] {
  const transport = config.etcd;
  const peer = peerUrl(config.ip, transport);
  const client = clientUrl(config.ip, transport);
  return [
    `--name=${command.memberName}`,
    `--data-dir=${dataDir}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--listen-client-urls=${client},${clientUrl(LOOPBACK, transport)}`,
    `--advertise-client-urls=${client}`,
    ...(transport.tls ? TLS_FLAGS : []),
    `--heartbeat-interval=${config.etcd.heartbeatMs}`,
    `--election-timeout=${config.etcd.electionMs}`,
    // Ours is the gate: one change at a time, only while quorate, and new members as learners.
    // etcd's own check refuses a change until every member was connected for 5 s.
    "--strict-reconfig-check=false",
    "--pre-vote=true",
    "--auto-compaction-mode=periodic",
    "--auto-compaction-retention=1h",
    `--quota-backend-bytes=${config.etcd.quotaMiB * 1024 ** 2}`,
    // Not --experimental-compact-hash-check-enabled: where members differ, 3.5 cannot say whose
    // data is wrong (its alarm names member 0), and refuses every read and write until a person
    // comes.
    `--snapshot-count=${SNAPSHOT_COUNT}`,
    "--logger=zap",
    "--log-outputs=stderr",
    "--log-level=info",
    ...initialFlags(command),
    ...(force ? ["--force-new-cluster"] : []),
  ];
}

/** etcd ignores these when it finds data. */
function initialFlags(command: EtcdStart): string[] {
  if (command.mode === "resume" || command.mode === "force-new-cluster") return [];
  const members = Object.entries(command.initialCluster).map(([name, url]) => `${name}=${url}`);
  const cluster = `--initial-cluster=${members.join(",")}`;
  if (command.mode === "join") return [cluster, "--initial-cluster-state=existing"];
  const token = `--initial-cluster-token=${command.token}`;
  return [cluster, "--initial-cluster-state=new", token];
}
