/** Fields of one cluster against each other. What one field may hold alone, the schema says. */
import { LEAST_RESOURCES } from "./values/least-resources.ts";
import { isIPv4 } from "node:net";
import { warningAt, errorAt } from "./checks/check.ts";
import type { Check, Located } from "./checks/check.ts";
import { checkNetwork, SLOTS_MAX } from "./checks/network.ts";
import { checkNetworkDriver } from "./checks/network-driver.ts";
import { checkConstraints } from "./checks/placement.ts";
import { checkStorage } from "./checks/storage.ts";
import { hasSpare } from "./slots.ts";
import type { Problem } from "./spec.ts";

export function crossCheck(located: Located): Problem[] {
  return CHECKS.flatMap((check) => check(located));
}

const checkReplicas: Check = (located) => {
  const { replicas } = located.cluster.spec;
  const path = ["spec", "replicas"];
  if (replicas < 3) {
    const message =
      `Found ${replicas}: the cluster stops when one node is lost; 3 is the least that survives ` +
      "it.";
    return [warningAt(located, path, message)];
  }
  if (replicas % 2 === 1) return [];
  const survives = Math.ceil(replicas / 2) - 1;
  const message =
    `Found the even number ${replicas}: it survives the loss of ${survives}, no more than ` +
    `${replicas - 1} nodes do; an odd number is better.`;
  return [warningAt(located, path, message)];
};

/** Of fewer, each lost voter takes the quorum along, and nobody could give the spare its vote. */
const SPARE_REPLICAS_MIN = 3;

const checkSpare: Check = (located) => {
  const { spec } = located.cluster;
  const { replicas } = spec;
  if (!hasSpare(spec)) return [];
  const path = ["spec", "etcd", "standby"];
  const allowed = `allowed: replicas from ${SPARE_REPLICAS_MIN} to ${SLOTS_MAX - 1}, or standby none`;
  if (replicas < SPARE_REPLICAS_MIN) {
    const message =
      `Found learner with replicas ${replicas}: a lost voter takes the quorum along, without which ` +
      `no spare can vote; ${allowed}.`;
    return [errorAt(located, path, message)];
  }
  if (replicas < SLOTS_MAX) return [];
  const message =
    `Found learner with replicas ${replicas}: the spare would be node ${replicas + 1} of ` +
    `${SLOTS_MAX} at most; ${allowed}.`;
  return [errorAt(located, path, message)];
};

/** Less, and etcd and JupyterLab do not start. */
/** 16 TiB; Mesos counts in doubles. */
const SPACE_MAX_MIB = 16 * 1024 * 1024;

const checkResources: Check = (located) => {
  const { cpus, memoryMiB, diskMiB } = located.cluster.spec.resources;
  const problems: Problem[] = [];
  const error = (field: string, message: string) =>
    problems.push(errorAt(located, ["spec", "resources", field], message));
  if (cpus < 0.01 || cpus > 1024) {
    error("cpus", `Found ${cpus} cores; allowed: from 0.01 ("10m") to 1024.`);
  }
  if (memoryMiB < LEAST_RESOURCES.memoryMiB || memoryMiB > SPACE_MAX_MIB) {
    error(
      "memory",
      `Found ${memoryMiB} MiB; allowed: from ${LEAST_RESOURCES.memoryMiB}Mi to 16Ti.`,
    );
  }
  if (diskMiB < LEAST_RESOURCES.diskMiB || diskMiB > SPACE_MAX_MIB) {
    error("disk", `Found ${diskMiB} MiB; allowed: from ${LEAST_RESOURCES.diskMiB}Mi to 16Ti.`);
  }
  return problems;
};

/** etcd refuses to start with less, and with an election timeout of more than 50 s. */
const HEARTBEATS_MIN = 5;
/** Round trips between hosts, and pauses of busy ones, are longer than within one. Milliseconds. */
const ELECTION_MANY_HOSTS = 500;

const checkElection: Check = (located) => {
  const { etcd, network } = located.cluster.spec;
  const { heartbeatMs, electionMs } = etcd;
  const path = ["spec", "etcd", "electionMilliseconds"];
  const least = HEARTBEATS_MIN * heartbeatMs;
  if (electionMs < least) {
    const message =
      `Found ${electionMs} with heartbeatMilliseconds ${heartbeatMs}; allowed: at least ` +
      `${HEARTBEATS_MIN} heartbeats, that is ${least}.`;
    return [errorAt(located, path, message)];
  }
  if (network.driver === "bridge" || electionMs >= ELECTION_MANY_HOSTS) return [];
  const message =
    `Found ${electionMs} with network.driver ${network.driver}: between hosts a leader may be ` +
    `silent for so long without being lost; ${ELECTION_MANY_HOSTS} or more is better.`;
  return [warningAt(located, path, message)];
};

/**
 * The controller's own status must fit several times over; etcd advises against more than 8 GiB.
 */
const QUOTA_MIN_MIB = 16;
const QUOTA_MAX_MIB = 8 * 1024;

const checkQuota: Check = (located) => {
  const { quotaMiB } = located.cluster.spec.etcd;
  if (quotaMiB >= QUOTA_MIN_MIB && quotaMiB <= QUOTA_MAX_MIB) return [];
  const message = `Found ${quotaMiB} MiB; allowed: from ${QUOTA_MIN_MIB}Mi to 8Gi.`;
  return [errorAt(located, ["spec", "etcd", "quota"], message)];
};

/** Ports that other programs of a node listen on; sshd's 22 is below what the schema allows. */
const NODE_PORTS = new Map([
  [2379, "etcd's clients"],
  [2380, "etcd's peers"],
  [7700, "the node's agent"],
]);

const checkPorts: Check = (located) => {
  const { port } = located.cluster.spec.jupyter;
  const owner = NODE_PORTS.get(port);
  if (owner === undefined) return [];
  const taken = [...NODE_PORTS.keys()].join(", ");
  const message = `Found ${port}, the port of ${owner}; allowed: any from 1024 to 65535 but ${taken}.`;
  return [errorAt(located, ["spec", "jupyter", "port"], message)];
};

/** Accounts that Debian or the image makes for its own use. */
const SYSTEM_USERS = new Set(
  (
    "root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats " +
    "nobody sshd etcd messagebus _apt systemd-network systemd-resolve systemd-timesync"
  ).split(" "),
);

const checkUser: Check = (located) => {
  const { user } = located.cluster.spec.ssh;
  if (!SYSTEM_USERS.has(user)) return [];
  const message =
    `Found ${JSON.stringify(user)}, an account of the system; allowed: a name of its own, such ` +
    "as admin.";
  return [errorAt(located, ["spec", "ssh", "user"], message)];
};

const checkBackoff: Check = (located) => {
  const { initialSeconds, maxSeconds } = located.cluster.spec.backoff;
  if (maxSeconds >= initialSeconds) return [];
  const allowed = `at least initialSeconds, that is ${initialSeconds}`;
  const message = `Found ${maxSeconds}; allowed: ${allowed}.`;
  return [errorAt(located, ["spec", "backoff", "maxSeconds"], message)];
};

const checkOpenDoor: Check = (located) => {
  const { jupyter, proxy } = located.cluster.spec;
  if (jupyter.auth === "token") return [];
  const who = isLoopback(proxy.address) ? "every user of this machine" : "everybody who reaches it";
  const message =
    `Found none, while the proxy listens on ${proxy.address}: ${who} can run programs on the ` +
    "nodes.";
  return [warningAt(located, ["spec", "jupyter", "auth"], message)];
};

function isLoopback(address: string): boolean {
  return isIPv4(address) ? address.startsWith("127.") : address === "::1";
}

const CHECKS: readonly ((located: Located) => Problem[])[] = [
  checkReplicas,
  checkSpare,
  checkResources,
  checkNetwork,
  checkNetworkDriver,
  checkStorage,
  checkElection,
  checkQuota,
  checkPorts,
  checkUser,
  checkConstraints,
  checkBackoff,
  checkOpenDoor,
];
