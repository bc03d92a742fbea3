/** Fields that are right alone and wrong together. */
import { describe, expect, it } from "vitest";
import { parseManifest } from "../../../crd-schema/documents.ts";
import { told, withSpec } from "../../support/crd-schema/manifest-text.ts";

const GLUSTERFS =
  "acl, attribute-timeout=<number>, background-qlen=<number>, congestion-threshold=<number>, " +
  "direct-io-mode=enable|disable|auto, entry-timeout=<number>, event-history=on|off, " +
  "fopen-keep-cache=on|off, invalidate-limit=<number>, lru-limit=<number>, " +
  "negative-timeout=<number>, reader-thread-count=<number>, use-readdirp=yes|no";

const CASES: Readonly<Record<string, { spec: string; says: readonly string[] }>> = {
  "three or five replicas are well": { spec: "replicas: 5", says: [] },
  "an even number of replicas is a warning": {
    spec: "replicas: 4",
    says: [
      "6:13: warning: spec.replicas: Found the even number 4: it survives the loss of 1, no more than 3 nodes do; an odd number is better.",
    ],
  },
  "less than three replicas is a warning": {
    spec: "replicas: 2",
    says: [
      "6:13: warning: spec.replicas: Found 2: the cluster stops when one node is lost; 3 is the least that survives it.",
    ],
  },
  "a spare of three, up to eight": { spec: "replicas: 3\netcd: {standby: learner}", says: [] },
  "a spare that nobody could give a vote": {
    spec: "replicas: 1\netcd: {standby: learner}",
    says: [
      "6:13: warning: spec.replicas: Found 1: the cluster stops when one node is lost; 3 is the least that survives it.",
      "7:19: error: spec.etcd.standby: Found learner with replicas 1: a lost voter takes the quorum along, without which no spare can vote; allowed: replicas from 3 to 8, or standby none.",
    ],
  },
  "a spare beyond all slots": {
    spec: "replicas: 9\netcd: {standby: learner}",
    says: [
      "7:19: error: spec.etcd.standby: Found learner with replicas 9: the spare would be node 10 of 9 at most; allowed: replicas from 3 to 8, or standby none.",
    ],
  },
  "a spare without an address": {
    spec: "replicas: 3\nnetwork: {subnet: 172.30.0.0/24, firstAddress: 172.30.0.252}\netcd: {standby: learner}",
    says: [
      "7:50: error: spec.network.firstAddress: Found 172.30.0.252, so that 4 nodes would have the addresses 172.30.0.252 to 172.30.0.255; allowed: a firstAddress in 172.30.0.2 to 172.30.0.251 (172.30.0.0 is the network's, 172.30.0.1 the gateway's and 172.30.0.255 the broadcast address).",
    ],
  },
  "too little memory": {
    spec: "resources: {memory: 255Mi}",
    says: ["6:23: error: spec.resources.memory: Found 255 MiB; allowed: from 256Mi to 16Ti."],
  },
  "a quota that the controller's own status would fill": {
    spec: "etcd: {quota: 1Mi}",
    says: ["6:17: error: spec.etcd.quota: Found 1 MiB; allowed: from 16Mi to 8Gi."],
  },
  "an election timeout of one host for many": {
    spec: "network: {driver: calico, ipamDriver: calico-ipam}\netcd: {electionMilliseconds: 100, heartbeatMilliseconds: 20}",
    says: [
      "7:32: warning: spec.etcd.electionMilliseconds: Found 100 with network.driver calico: between hosts a leader may be silent for so long without being lost; 500 or more is better.",
    ],
  },
  "calico without its own address management": {
    spec: "network: {driver: calico}",
    says: [
      "6:3: warning: spec.network.ipamDriver: Found default; the driver calico makes no network without calico-ipam.",
    ],
  },
  "macvlan that ends at each host": {
    spec: "network: {driver: macvlan}",
    says: [
      "6:3: warning: spec.network.options: The driver macvlan has no option parent, such as {parent: eth0}: made so, the network ends at each host. It is right only for a network that the site has made.",
    ],
  },
  "too little processor, written in thousandths": {
    spec: "resources: {cpus: 9m}",
    says: [
      '6:21: error: spec.resources.cpus: Found 0.009 cores; allowed: from 0.01 ("10m") to 1024.',
    ],
  },
  "a subnet with host bits": {
    spec: "network: {subnet: 172.30.0.5/24}",
    says: [
      '6:21: error: spec.network.subnet: Found the text "172.30.0.5/24", which has host bits set; did you mean "172.30.0.0/24"?',
    ],
  },
  "a subnet that no container can have": {
    spec: "network: {subnet: 127.0.0.0/16}",
    says: [
      "6:21: error: spec.network.subnet: Found 127.0.0.0/16, which holds addresses that no container can have (loopback, link-local, multicast or reserved); allowed: a private subnet such as 172.30.0.0/24.",
    ],
  },
  "a subnet of the Internet is a warning": {
    spec: "network: {subnet: 8.8.8.0/24}",
    says: [
      "6:21: warning: spec.network.subnet: 8.8.8.0/24 is not a private range: hosts of the Internet with these addresses cannot be reached from the nodes.",
    ],
  },
  "a first address outside the subnet": {
    spec: "network:\n  subnet: 10.0.0.0/24\n  firstAddress: 10.0.1.10",
    says: [
      "8:19: error: spec.network.firstAddress: Found 10.0.1.10, so that 3 nodes would have the addresses 10.0.1.10 to 10.0.1.12; allowed: a firstAddress in 10.0.0.2 to 10.0.0.252 (10.0.0.0 is the network's, 10.0.0.1 the gateway's and 10.0.0.255 the broadcast address).",
    ],
  },
  "a node on the gateway's address": {
    spec: "network: {subnet: 10.0.0.0/24, firstAddress: 10.0.0.1}",
    says: [
      "6:48: error: spec.network.firstAddress: Found 10.0.0.1, so that 3 nodes would have the addresses 10.0.0.1 to 10.0.0.3; allowed: a firstAddress in 10.0.0.2 to 10.0.0.252 (10.0.0.0 is the network's, 10.0.0.1 the gateway's and 10.0.0.255 the broadcast address).",
    ],
  },
  "a node on the broadcast address": {
    spec: "network: {subnet: 10.0.0.0/24, firstAddress: 10.0.0.253}",
    says: [
      "6:48: error: spec.network.firstAddress: Found 10.0.0.253, so that 3 nodes would have the addresses 10.0.0.253 to 10.0.0.255; allowed: a firstAddress in 10.0.0.2 to 10.0.0.252 (10.0.0.0 is the network's, 10.0.0.1 the gateway's and 10.0.0.255 the broadcast address).",
    ],
  },
  "no room for a scale-out is a warning": {
    spec: "network: {subnet: 10.0.0.0/24, firstAddress: 10.0.0.250}",
    says: [
      "6:48: warning: spec.network.firstAddress: Found 10.0.0.250, so that 3 nodes would have the addresses 10.0.0.250 to 10.0.0.252: there is room for 5 nodes, not for the 9 that replicas may grow to, and the network of a live cluster cannot be changed.",
    ],
  },
  "a subnet too small for the nodes": {
    spec: "replicas: 7\nnetwork: {subnet: 10.0.0.0/29, firstAddress: 10.0.0.2}",
    says: [
      "7:21: error: spec.network.subnet: The subnet 10.0.0.0/29 has no room for 7 nodes beside the network's, the gateway's and the broadcast address; allowed: /28 or larger, for at most 9 nodes.",
    ],
  },
  "the last address there is": {
    spec: "network: {subnet: 10.255.255.0/24, firstAddress: 255.255.255.254}",
    says: [
      "6:52: error: spec.network.firstAddress: Found 255.255.255.254, so that 3 nodes would have the addresses 255.255.255.254 to 0.0.0.0; allowed: a firstAddress in 10.255.255.2 to 10.255.255.252 (10.255.255.0 is the network's, 10.255.255.1 the gateway's and 10.255.255.255 the broadcast address).",
    ],
  },
  "an election of less than five heartbeats": {
    spec: "etcd:\n  heartbeatMilliseconds: 100\n  electionMilliseconds: 499",
    says: [
      "8:27: error: spec.etcd.electionMilliseconds: Found 499 with heartbeatMilliseconds 100; allowed: at least 5 heartbeats, that is 500.",
    ],
  },
  "a longer heartbeat than the election allows": {
    spec: "etcd:\n  electionMilliseconds: 200\n  heartbeatMilliseconds: 50",
    says: [
      "7:27: error: spec.etcd.electionMilliseconds: Found 200 with heartbeatMilliseconds 50; allowed: at least 5 heartbeats, that is 250.",
    ],
  },
  "JupyterLab on a port of etcd": {
    spec: "jupyter: {port: 2380}",
    says: [
      "6:19: error: spec.jupyter.port: Found 2380, the port of etcd's peers; allowed: any from 1024 to 65535 but 2379, 2380, 7700.",
    ],
  },
  "a system account as the normal user": {
    spec: "ssh: {user: root}",
    says: [
      '6:15: error: spec.ssh.user: Found "root", an account of the system; allowed: a name of its own, such as admin.',
    ],
  },
  "no token behind an open address is a warning": {
    spec: "jupyter: {auth: none}\nproxy: {address: 0.0.0.0}",
    says: [
      "6:19: warning: spec.jupyter.auth: Found none, while the proxy listens on 0.0.0.0: everybody who reaches it can run programs on the nodes.",
    ],
  },
  "no token on this machine alone is one too": {
    spec: "jupyter: {auth: none}",
    says: [
      "6:19: warning: spec.jupyter.auth: Found none, while the proxy listens on 127.0.0.1: every user of this machine can run programs on the nodes.",
    ],
  },
  "a longest wait that is shorter than the first": {
    spec: "backoff: {initialSeconds: 61}",
    says: [
      "6:3: error: spec.backoff.maxSeconds: Found 60; allowed: at least initialSeconds, that is 61.",
    ],
  },
  "a host directory that is not named": {
    spec: "storage:\n  shared:\n    type: hostPath",
    says: [
      "7:5: error: spec.storage.shared.hostPath: This field is missing; type hostPath needs the directory of the hosts, such as /srv/jupyter.",
    ],
  },
  "a host directory with the default type": {
    spec: "storage: {shared: {hostPath: /srv/x}}",
    says: [
      "6:22: error: spec.storage.shared.hostPath: Found hostPath with type volume; allowed: only with type hostPath. Write `type: hostPath`, or remove it.",
    ],
  },
  "a mount over a directory of the system": {
    spec: "storage: {shared: {mountPath: /usr/share}}",
    says: [
      '6:33: error: spec.storage.shared.mountPath: Found the text "/usr/share", which is in /usr, a directory of the system; allowed: one of its own, such as /shared.',
    ],
  },
  "a mount over the user's home": {
    spec: "ssh: {user: ada}\nstorage: {shared: {mountPath: /home/ada}}",
    says: [
      '7:33: error: spec.storage.shared.mountPath: Found the text "/home/ada", which is a directory of the system; allowed: one of its own, such as /shared.',
    ],
  },
  "a mount in the user's home": {
    spec: "storage: {shared: {mountPath: /home/admin/work}}",
    says: [],
  },
  "a way out of a path": {
    spec: "storage: {shared: {type: hostPath, hostPath: /srv/../etc}}",
    says: [
      '6:48: error: spec.storage.shared.hostPath: Found the text "/srv/../etc"; allowed: a path without `.` and `..`.',
    ],
  },
  "the host's own configuration as the shared directory": {
    spec: "storage: {shared: {type: hostPath, hostPath: /etc}}",
    says: [
      '6:48: error: spec.storage.shared.hostPath: Found the text "/etc", which is a directory of the system; allowed: one of its own, such as /srv/jupyter.',
    ],
  },
  "a mount over what Jupyter keeps in SQLite": {
    spec: "storage: {shared: {mountPath: /home/admin/.ipython}}",
    says: [
      '6:33: error: spec.storage.shared.mountPath: Found the text "/home/admin/.ipython", which is a directory of the system; allowed: one of its own, such as /shared.',
    ],
  },
  "a GlusterFS volume on servers that are options of a program, with an option that is none": {
    spec: "storage: {shared: {type: glusterfs, servers: [g1, --log-file=/x], volume: v, options: [suid]}}",
    says: [
      '6:48: error: spec.storage.shared.servers: Found the text "--log-file=/x"; allowed: a host name or an IPv4 address, such as storage1.example.org.',
      `6:89: error: spec.storage.shared.options: Found the text "suid"; allowed: ${GLUSTERFS}.`,
    ],
  },
  "the same mount option twice": {
    spec: "storage: {shared: {type: nfs, server: n, path: /x, options: [timeo=5, timeo=6]}}",
    says: [
      '6:63: error: spec.storage.shared.options: Found the text "timeo=6", after another timeo; allowed: one.',
    ],
  },
  "two mount options in the place of one": {
    spec: "storage: {shared: {type: glusterfs, servers: [g1], volume: v, options: ['acl,suid']}}",
    says: [
      `6:74: error: spec.storage.shared.options: Found the text "acl,suid"; allowed: ${GLUSTERFS}.`,
    ],
  },
  "an option of a type that has none": {
    spec: "storage: {shared: {options: [soft]}}",
    says: [
      "6:22: error: spec.storage.shared.options: Found options with type volume; allowed: only with type glusterfs or nfs. Write `type: glusterfs` or `type: nfs`, or remove it.",
    ],
  },
  "constraints with values that their operators do not take": {
    spec: [
      "placement:",
      "  constraints:",
      "    - {field: hostname, operator: UNIQUE, value: 1}",
      "    - {field: hostname, operator: MAX_PER}",
      "    - {field: rack, operator: MAX_PER, value: 0}",
      "    - {field: rack, operator: UNLIKE}",
      "    - {field: rack, operator: LIKE, value: 'r[1'}",
      "    - {field: rack, operator: CLUSTER}",
      "    - {field: rack, operator: GROUP_BY}",
      "    - {field: rack, operator: GROUP_BY, value: many}",
    ].join("\n"),
    says: [
      '8:52: error: spec.placement.constraints[0].value: Found "1"; allowed: UNIQUE takes no value.',
      "9:9: error: spec.placement.constraints[1].value: This field is missing; MAX_PER needs a whole number of at least 1.",
      '10:49: error: spec.placement.constraints[2].value: Found "0"; MAX_PER needs a whole number of at least 1.',
      "11:9: error: spec.placement.constraints[3].value: This field is missing; UNLIKE needs a regular expression.",
      '12:46: error: spec.placement.constraints[4].value: Found "r[1"; LIKE needs a regular expression of RE2 (error parsing regexp: missing closing ]: `[1`).',
      '15:50: error: spec.placement.constraints[7].value: Found "many"; GROUP_BY needs a whole number of at least 1.',
    ],
  },
};

describe("fields against each other", () => {
  for (const [sentence, { spec, says }] of Object.entries(CASES)) {
    it(sentence, () => {
      const text = withSpec(spec);
      expect(told(text)).toEqual(says);
      const refused = says.some((line) => line.includes(" error: "));
      expect(parseManifest(text, "f").clusters).toHaveLength(refused ? 0 : 1);
    });
  }
});
