/** What an agent makes of etcd's keys: the next table, its hosts file, and who may come in by SSH. */
import { decode, NOTHING_KNOWN } from "../../../../agent-image/agent/naming/cluster-data.ts";
import { renderHosts } from "../../../../agent-image/agent/naming/hosts-text.ts";
import { nextTable } from "../../../../agent-image/agent/naming/next-table.ts";
import {
  nodesInForce,
  renderAuthorizedKeys,
  renderKnownHosts,
  renderSshConfig,
} from "../../../../agent-image/agent/ssh/ssh-text.ts";
import { etcdKeys } from "../../../../controller/model/ids.ts";
import { requireTrue } from "./parser.ts";

const keys = etcdKeys({ namespace: "default", name: "lab" });
const ADDRESS = "\\d{1,3}(\\.\\d{1,3}){3}";
const HOSTS_LINE = new RegExp(
  `^(#.*|\\s*|127\\.0\\.0\\.1 localhost|${ADDRESS}\\tlab-\\d+ lab-slot-\\d+)$`,
);
const KEY_LINE = /^(#.*||ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+ slot-\d+)$/;
/** Of the node whose file it is. */
const OWN_NAMES = ",localhost,localhost\\.localdomain,127\\.0\\.0\\.1,::1";
const KNOWN_LINE = new RegExp(
  `^(#.*||lab-\\d+,lab-slot-\\d+,${ADDRESS}(${OWN_NAMES})? ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+)$`,
);

/** Whatever stands in etcd: no line but ours comes into any file, and nothing is thrown. */
export function applyTable(values: {
  hosts: string;
  desired: string;
  members: readonly string[];
}): void {
  const entry = (key: string, value: string) => ({ key, value, modRevision: "7" });
  const entries = [
    entry(keys.hosts, values.hosts),
    entry(keys.desired, values.desired),
    ...values.members.map((value, slot) => entry(keys.member(slot), value)),
  ];
  const data = decode(keys, entries, { clusterId: "c1", raftTerm: 3 }, NOTHING_KNOWN);
  const next = nextTable(data, { slot: 0, clusterId: "c1", term: 3 });
  for (const table of [data.hosts, next]) {
    if (table === null) continue;
    requireLines("hosts", renderHosts("127.0.0.1 localhost\n", "lab", table), HOSTS_LINE);
  }
  const nodes = nodesInForce(data.members, data.hosts);
  requireLines("authorized_keys", renderAuthorizedKeys(nodes, []), KEY_LINE);
  requireLines("ssh_known_hosts", renderKnownHosts("lab", nodes, 0), KNOWN_LINE);
  const addresses = (data.hosts?.names ?? []).map(({ ip }) => ip);
  const files = { identityFile: "/i", knownHostsFile: "/k" };
  const config = renderSshConfig({ cluster: "lab", user: "admin", ...files, addresses });
  requireTrue("the client's rules are as many as ever", config.split("\n").length === 14);
}

/** A key that is more than a key opens nothing. */
export function keysOf(published: readonly unknown[]): void {
  const names = published.map((_key, slot) => ({ slot, ip: `10.0.0.${slot}`, index: slot }));
  const entries = published.map((key, slot) => ({
    key: keys.member(slot),
    value: JSON.stringify({
      ...{ slot, ip: `10.0.0.${slot}`, taskId: "t", memberId: "a" },
      ssh: { user: "admin", userKey: key, hostKey: key },
    }),
    modRevision: "7",
  }));
  const { members } = decode(keys, entries, null, NOTHING_KNOWN);
  const nodes = nodesInForce(members, { clusterId: "c1", term: 1, leaderSlot: 0, names });
  requireLines("authorized_keys", renderAuthorizedKeys(nodes, []), KEY_LINE);
}

function requireLines(file: string, text: string, allowed: RegExp): void {
  const strange = text.split("\n").find((line) => !allowed.test(line));
  requireTrue(`${file} has no line ${JSON.stringify(strange)}`, strange === undefined);
}
