/** Texts of OpenSSH's files. Pure. */
import { nodeName, slotHostname } from "../../../controller/model/ids.ts";
import type { HostsTable, MemberRecord } from "../../../controller/model/naming.ts";

const MANAGED = "# Managed by the jupyter-cluster agent: changes here are lost.\n";
const PUBLIC_KEY = /^ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+$/;

/**
 * Who is in force: a live record, and a place in the hosts table under the same address. The keys
 * of a dead node or of a slot that was scaled away open nothing.
 */
export function nodesInForce(
  members: readonly MemberRecord[],
  hosts: HostsTable | null,
): readonly (MemberRecord & { readonly index: number })[] {
  return members.flatMap((member) => {
    const entry = hosts?.names.find((n) => n.slot === member.slot && n.ip === member.ip);
    const { userKey, hostKey } = member.ssh;
    // What other nodes wrote goes into files that decide who comes in: nothing but a key.
    if (entry === undefined || !PUBLIC_KEY.test(userKey) || !PUBLIC_KEY.test(hostKey)) return [];
    return [{ ...member, index: entry.index }];
  });
}

type Node = ReturnType<typeof nodesInForce>[number];

/** Names under which every node reaches itself, besides those that it has in the cluster. */
const OWN_NAMES = ["localhost", "localhost.localdomain", "127.0.0.1", "::1"] as const;

/** @param ownSlot whose file it is: its own names are its alone */
export function renderKnownHosts(cluster: string, nodes: readonly Node[], ownSlot: number): string {
  const lines = nodes.map(({ index, slot, ip, ssh }) => {
    const own = slot === ownSlot ? OWN_NAMES : [];
    const names = [nodeName(cluster, index), slotHostname(cluster, slot), ip, ...own].join(",");
    return `${names} ${ssh.hostKey}\n`;
  });
  return MANAGED + lines.join("");
}

/** @param extra lines of `spec.ssh.authorizedKeys` */
export function renderAuthorizedKeys(nodes: readonly Node[], extra: readonly string[]): string {
  const keys = nodes.map(({ slot, ssh }) => `${ssh.userKey} slot-${slot}\n`);
  return MANAGED + keys.join("") + extra.map((line) => `${line}\n`).join("");
}

/** The client's rules for the nodes of this cluster; other hosts are as Debian has them. */
export function renderSshConfig(options: {
  readonly cluster: string;
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly addresses: readonly string[];
}): string {
  const { cluster, user, identityFile, knownHostsFile, addresses } = options;
  return `${MANAGED}Host ${[`${cluster}-*`, ...OWN_NAMES, ...addresses].join(" ")}
    User ${user}
    IdentityFile ${identityFile}
    IdentityFile ~/.ssh/id_ed25519
    GlobalKnownHostsFile ${knownHostsFile}
    UserKnownHostsFile none
    StrictHostKeyChecking yes
    UpdateHostKeys no
    HostKeyAlgorithms ssh-ed25519
    PreferredAuthentications publickey
    BatchMode yes
    ConnectTimeout 5
`;
}

export function renderSshdConfig(options: {
  /** The container has the address ::1. */
  readonly loopback6: boolean;
  readonly user: string;
  readonly hostKeyFile: string;
  readonly authorizedKeysDir: string;
}): string {
  const { loopback6, user, hostKeyFile, authorizedKeysDir } = options;
  return `${MANAGED}Port 22
ListenAddress 0.0.0.0
${loopback6 ? "ListenAddress ::1\n" : ""}HostKey ${hostKeyFile}
AllowUsers ${user}
PermitRootLogin no
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile ${authorizedKeysDir}/%u .ssh/authorized_keys
UsePAM no
UseDNS no
PrintMotd no
X11Forwarding no
AcceptEnv LANG LC_*
LoginGraceTime 20
# Many nodes may come at once, and one whose key is not known yet comes again: that is no attack.
MaxStartups 200
# On one connection, as editors and ControlMaster share it; what they may start the node bounds.
MaxSessions 200
PerSourcePenalties no
ClientAliveInterval 30
ClientAliveCountMax 4
Subsystem sftp internal-sftp
`;
}
