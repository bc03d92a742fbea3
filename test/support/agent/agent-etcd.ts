/** Work on the etcd of nodes with agents, as the controller and as a user do it. */
import { DATA_MOUNT } from "../../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../../controller/model/agent-refusal.ts";
import { clientUrl } from "../../../controller/model/ids.ts";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { KvGateway } from "../etcd/kv-gateway.ts";
import type { AgentNode } from "./agent-node.ts";
import { TLS } from "../etcd/transport.ts";

const DATA = `${DATA_MOUNT}/etcd`;
const WAL = `${DATA}/member/wal`;

/** Keys `/k/00000001` … in order, one after the other. */
export class Keys {
  private readonly gateway: KvGateway;
  /** How many were acknowledged. */
  acknowledged = 0;

  constructor(identity: TlsIdentity) {
    this.gateway = new KvGateway(identity);
  }

  /** @returns the revision of the last */
  async put(node: AgentNode, count: number, value = "v"): Promise<number> {
    let revision = 0;
    for (let i = 0; i < count; i += 1) {
      const next = keyOf(this.acknowledged + 1);
      ({ revision } = await this.gateway.put(clientUrl(node.ip, TLS), next, value));
      this.acknowledged += 1;
    }
    return revision;
  }

  /** Goes on until a put fails. */
  async putUntilFailure(node: AgentNode): Promise<void> {
    for (;;) {
      try {
        await this.put(node, 1);
      } catch {
        return;
      }
    }
  }

  /** How many there are, as a quorum says. */
  async count(node: AgentNode): Promise<number> {
    return (await this.gateway.list(clientUrl(node.ip, TLS), "/k/")).length;
  }

  get lastAcknowledged(): string {
    return keyOf(this.acknowledged);
  }

  close(): Promise<void> {
    return this.gateway.close();
  }
}

function keyOf(number: number): string {
  return `/k/${String(number).padStart(8, "0")}`;
}

/** Whether the raft log of the node, whose etcd does not run, holds the key. */
export async function logHolds(node: AgentNode, key: string): Promise<boolean> {
  const script = `grep -q ${key} ${WAL}/*.wal && echo yes || echo no`;
  return (await node.exec(["sh", "-c", script])).trim() === "yes";
}

/** Whether etcd's own `--force-new-cluster`, on a copy of the node's data, still knows the key. */
export async function plainForceKeeps(node: AgentNode, key: string): Promise<boolean> {
  const [client, peer] = ["http://127.0.0.1:3379", "http://127.0.0.1:3380"];
  const script = `
    rm -rf /tmp/plain && cp -a ${DATA} /tmp/plain
    etcd --name=slot-${node.slot} --data-dir=/tmp/plain --force-new-cluster \\
      --listen-client-urls=${client} --advertise-client-urls=${client} \\
      --listen-peer-urls=${peer} >/tmp/plain.log 2>&1 &
    for try in $(seq 200); do
      found=$(env -u ETCDCTL_CACERT -u ETCDCTL_CERT -u ETCDCTL_KEY \\
        etcdctl --endpoints=${client} get --count-only --write-out=fields ${key} 2>&1) && break
    done
    kill -9 $!
    echo "$found"`;
  const [, count] = /"Count" : (\d)/.exec(await node.exec(["sh", "-c", script])) ?? [];
  if (count === undefined) throw new Error(`slot ${node.slot}: a forced etcd did not answer`);
  return count === "1";
}

/** The bytes in the middle of what etcd has written are not what it wrote. */
export async function corruptLog(node: AgentNode): Promise<void> {
  const offset =
    "$(grep -abo /k/ $f | cut -d: -f1 | awk '{ at[NR] = $1 } END { print at[int(NR / 2)] }')";
  const script = `f=$(ls ${WAL}/*.wal | tail -1)
    printf XXXXXXXXXXXXXXXX | dd of=$f bs=1 seek=${offset} conv=notrunc status=none`;
  await node.exec(["sh", "-c", script]);
}

export function refusalOf({ code, text }: { code: number; text: string }): [number, string] {
  return [code, (JSON.parse(text) as AgentRefusal).code];
}
