/** Commands come from outside: every field is checked, and nothing else is taken over. */
import type { EtcdStart, NodeConfig, StartCommand } from "../../../controller/model/agent-api.ts";
import { bootstrapClusterId } from "../../../controller/model/bootstrap-ids.ts";
import { type EtcdTransport, memberNameOf } from "../../../controller/model/ids.ts";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { Checker, CheckError } from "../../../controller/support/checker.ts";
import { requireKnownVersion } from "./api-version.ts";

const MODES = ["bootstrap", "resume", "join", "force-new-cluster", "restore"] as const;
export const COMMAND_ID = /^[\x21-\x7e]{1,300}$/;
export const HEX_ID = /^[0-9a-f]{1,16}$/;
const MEMBER_NAME = /^slot-\d+$/;
const TOKEN = /^[\x21-\x7e]{1,300}$/;
const PEER_URL = /^https?:\/\/\d+\.\d+\.\d+\.\d+:\d+$/;

/** PEM (RFC 7468). */
const pem = (label: string) =>
  new RegExp(`^-----BEGIN ${label}-----\\n[A-Za-z0-9+/=\\n]{1,8000}\\n-----END ${label}-----\\n$`);
const CERTIFICATE = pem("CERTIFICATE");
const PRIVATE_KEY = pem("PRIVATE KEY");

/**
 * @param config this node's; a command for the member of another slot is refused, and one that
 *   would make etcd speak otherwise than it was launched for
 * @throws CheckError naming the field and what is allowed, UnknownVersionError
 */
export function parseStartCommand(
  value: unknown,
  { slot, etcd: transport }: Pick<NodeConfig, "slot" | "etcd">,
): StartCommand {
  const root = new Checker(value, "command");
  requireKnownVersion(root, "command");
  const jupyter = root.object("jupyter");
  const etcd = parseEtcdCommand(root.object("etcd"));
  if (etcd.memberName !== memberNameOf(slot)) {
    throw new CheckError(`command.etcd.memberName must be ${memberNameOf(slot)}`);
  }
  return {
    commandId: root.string("commandId", COMMAND_ID),
    etcd,
    tls: parseNodeTls(root.nullableObject("tls"), transport),
    jupyter: {
      token: jupyter.string("token", /^[\x21-\x7e]{0,300}$/),
      cookieSecret: jupyter.string("cookieSecret", /^[\x21-\x7e]{16,300}$/),
    },
  };
}

function parseNodeTls(tls: Checker | null, transport: EtcdTransport): TlsIdentity | null {
  if ((tls !== null) !== transport.tls) {
    throw new CheckError(`command.tls must ${transport.tls ? "not " : ""}be null on this node`);
  }
  return tls && parseTls(tls);
}

/** @throws CheckError */
export function parseTls(tls: Checker): TlsIdentity {
  return {
    authority: tls.string("authority", CERTIFICATE),
    certificate: tls.string("certificate", CERTIFICATE),
    key: tls.string("key", PRIVATE_KEY),
    notAfter: tls.integer("notAfter", 0, Number.MAX_SAFE_INTEGER),
  };
}

function parseEtcdCommand(etcd: Checker): EtcdStart {
  const mode = etcd.oneOf("mode", MODES);
  const memberName = etcd.string("memberName", MEMBER_NAME);
  switch (mode) {
    case "bootstrap":
      return {
        mode,
        memberName,
        initialCluster: etcd.stringMap("initialCluster", MEMBER_NAME, PEER_URL),
        token: etcd.string("token", TOKEN),
      };
    case "resume":
      return { mode, memberName, clusterId: etcd.nullableString("clusterId", HEX_ID) };
    case "join":
      return {
        mode,
        memberName,
        memberId: etcd.string("memberId", HEX_ID),
        clusterId: etcd.string("clusterId", HEX_ID),
        initialCluster: etcd.stringMap("initialCluster", MEMBER_NAME, PEER_URL),
      };
    case "force-new-cluster":
      return { mode, memberName, clusterId: etcd.string("clusterId", HEX_ID) };
    case "restore":
      return parseRestore(etcd, memberName);
  }
}

/** The cluster begins with this member alone, and its id follows from that. */
function parseRestore(etcd: Checker, memberName: string): EtcdStart {
  const snapshot = etcd.nullableObject("snapshot");
  const initialCluster = etcd.stringMap("initialCluster", MEMBER_NAME, PEER_URL);
  const token = etcd.string("token", TOKEN);
  const clusterId = etcd.string("clusterId", HEX_ID);
  const names = Object.keys(initialCluster);
  if (names.length !== 1 || names[0] !== memberName) {
    throw new CheckError(`command.etcd.initialCluster must hold ${memberName} alone`);
  }
  const own = bootstrapClusterId(initialCluster, token);
  if (clusterId !== own) throw new CheckError(`command.etcd.clusterId must be ${own}`);
  return {
    mode: "restore",
    memberName,
    clusterId,
    initialCluster,
    token,
    snapshot: snapshot && {
      sha256: snapshot.string("sha256", /^[0-9a-f]{64}$/),
      revision: snapshot.integer("revision", 0, Number.MAX_SAFE_INTEGER),
    },
  };
}
