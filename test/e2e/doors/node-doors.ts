/** What whoever runs code in a notebook, and a container of another network, may not do. */
import { AGENT_PORT } from "../../../controller/model/agent-api.ts";
import { ETCD_CLIENT_PORT, ETCD_PEER_PORT } from "../../../controller/model/ids.ts";
import {
  ETCD_DIR,
  HOST_KEY_FILE,
  HOSTS_FILE,
  RUN_DIR,
  SSHD_CONFIG_FILE,
} from "../../../agent-image/agent/paths.ts";
import { type Door, type Site, statusFrom } from "./door.ts";

/** Files of root and etcd, in which keys, data or tokens are. */
const SECRETS = [
  `${RUN_DIR}/tls/*`,
  `${ETCD_DIR}/member/wal/*`,
  `${ETCD_DIR}/member/snap/db`,
  HOST_KEY_FILE,
  "/proc/1/environ",
  "$(pgrep -o -f '^/usr/bin/node ' | sed 's,.*,/proc/&/environ,')",
  "/etc/shadow",
];
/** Files from which a node lives. */
const WRITTEN = [
  ...[HOSTS_FILE, SSHD_CONFIG_FILE, "/etc/ssh/ssh_known_hosts", "/etc/ssh/authorized_keys.d/admin"],
  ...[
    `${RUN_DIR}/name`,
    "/etc/passwd",
    "/etc/jupyter/x.json",
    "/etc/ld.so.preload",
    "/usr/bin/etcd",
  ],
];
const pidOf = (pattern: string) => `$(pgrep -o -f '${pattern}')`;
const ETCD = "^/usr/bin/etcd ";
const AGENT = "^/usr/bin/node ";

/** Of the own node, by loopback and by its address, and of another. */
const PLACES: readonly (readonly [string, (site: Site) => string])[] = [
  ["his own node by loopback", () => "127.0.0.1"],
  ["his own node", ({ leader }) => leader.ip],
  ["another node", ({ follower }) => follower.ip],
];
const PORTS: readonly (readonly [string, number, string])[] = [
  ["the agent", AGENT_PORT, "/v1/status"],
  ["etcd", ETCD_CLIENT_PORT, "/version"],
  ["etcd's peers' port", ETCD_PEER_PORT, "/members"],
];

const askingFrom = (places: typeof PLACES): readonly Door[] =>
  places.flatMap(([where, ip]) =>
    PORTS.flatMap(([what, port, path]) =>
      ["http", "https"].map(
        (scheme): Door => ({
          name: `ask ${what} of ${where} by ${scheme}`,
          command: (site) => okOnly(statusFrom(`${scheme}://${ip(site)}:${port}${path}`)),
        }),
      ),
    ),
  );

/** An error in clear text, from a port that wants TLS, is a refusal too. */
function okOnly(command: string): string {
  return `${command} | grep -x 200`;
}

export const NOTEBOOK_USER: readonly Door[] = [
  ...SECRETS.map(
    (path): Door => ({
      name: `read ${path}`,
      command: () => `head -qc 64 ${path}`,
      ...(path.startsWith("/proc/1/") ? {} : { opensForRoot: true as const }),
    }),
  ),
  ...WRITTEN.map(
    (path): Door => ({ name: `write to ${path}`, command: () => `echo x >> ${path}` }),
  ),
  ...[ETCD, AGENT, "^sshd"].map(
    (pattern): Door => ({
      name: `end the process ${pattern}`,
      command: () => `kill -9 ${pidOf(pattern)}`,
    }),
  ),
  ...[ETCD, AGENT].map(
    (pattern): Door => ({
      name: `read the memory of ${pattern}`,
      command: () => `head -c 1 /proc/${pidOf(pattern)}/mem`,
    }),
  ),
  {
    name: "read etcd's keys with the node's own command",
    command: () => "etcdctl --command-timeout=3s get '' --prefix --keys-only",
    opensForRoot: true,
  },
  {
    name: "become root on another node",
    command: ({ follower }) => `ssh -o ConnectTimeout=3 root@${follower.ip} id`,
  },
  { name: "become root", command: () => "su -c id < /dev/null || sudo -n id" },
  { name: "find Docker's socket", command: () => "ls /var/run/docker.sock /run/docker.sock" },
  { name: "mount something", command: () => "mount -t tmpfs x /mnt" },
  { name: "enter another namespace", command: () => "unshare -Ur id" },
  ...askingFrom(PLACES),
];

export const STRANGER: readonly Door[] = askingFrom([
  ["a leader", ({ leader }) => leader.ip],
  ["a follower", ({ follower }) => follower.ip],
]);
