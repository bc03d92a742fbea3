/** Three nodes with agents on a bridge network of their own; what is made here is removed here. */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import type { StartCommand, EtcdStart } from "../../../controller/model/agent-api.ts";
import {
  etcdKeys,
  memberNameOf,
  peerUrl,
  slotAddress,
  taskIdOf,
} from "../../../controller/model/ids.ts";
import type { DesiredSlots } from "../../../controller/model/naming.ts";
import {
  resumeCommandId,
  STANDING_MS_MAX,
  type StandingResume,
} from "../../../controller/model/standing-resume.ts";
import type { TlsIdentity } from "../../../controller/model/tls-identity.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../docker-remains.ts";
import { TestAuthority } from "../etcd/test-authority.ts";
import {
  nodeMount,
  requiresMount,
  type SharedStorage,
  storageParameters,
} from "../../../crd-schema/storage/table.ts";
import { AgentNode } from "./agent-node.ts";
import { TLS } from "../etcd/transport.ts";

const NAMESPACE = "default";

export interface AgentClusterOptions {
  readonly image: string;
  readonly cluster: string;
  readonly subnet: string;
  readonly firstAddress: string;
  readonly size: number;
  readonly standby?: "warm" | "cold";
  /** Left out: a volume of its own. */
  readonly storage?: SharedStorage;
  /** What of its Docker parameters is left out, by key. */
  readonly without?: readonly string[];
}

export class AgentCluster {
  readonly docker = new Docker();
  readonly nodes: AgentNode[] = [];
  readonly jupyterToken = randomBytes(16).toString("hex");
  private readonly cookieSecret = randomBytes(32).toString("hex");
  private readonly agentToken = randomBytes(16).toString("hex");
  private readonly run = randomBytes(4).toString("hex");
  private launches = 0;
  private readonly authority = new TestAuthority();

  constructor(readonly options: AgentClusterOptions) {}

  private get labels(): Record<string, string> {
    return { [TEST_LABEL]: this.run };
  }

  /** Network and volumes; no container yet. */
  async prepare(): Promise<void> {
    const { docker, labels } = this;
    await docker.createNetwork({
      Name: this.name("net"),
      Driver: "bridge",
      Labels: labels,
      IPAM: { Driver: "default", Config: [{ Subnet: this.options.subnet }] },
    });
    await docker.createVolume({ Name: this.name("shared"), Labels: labels });
    for (let slot = 0; slot < this.options.size; slot += 1) {
      await docker.createVolume({ Name: this.name(`data-${slot}`), Labels: labels });
      this.nodes.push(this.makeNode(slot));
    }
  }

  /**
   * Another task in the slot.
   *
   * @param memberOf makes its launch bring the order to resume as this member, of this cluster
   */
  replace(slot: number, memberOf?: Pick<StandingResume, "memberId" | "clusterId">): AgentNode {
    const node = this.makeNode(slot, memberOf);
    this.nodes[slot] = node;
    return node;
  }

  node(slot: number): AgentNode {
    const node = this.nodes[slot];
    if (node === undefined) throw new Error(`no slot ${slot}`);
    return node;
  }

  /** Of a client of its etcd. */
  get identity(): TlsIdentity {
    return this.authority.ofClient();
  }

  /** @param certificateMs for which the node's certificate is valid */
  command(node: AgentNode, etcd: EtcdStart, certificateMs?: number): StartCommand {
    return {
      commandId: `${node.options.config.taskId}:${etcd.mode}`,
      etcd,
      tls: this.authority.ofNode(node.ip, certificateMs),
      jupyter: { token: this.jupyterToken, cookieSecret: this.cookieSecret },
    };
  }

  bootstrapCommand(node: AgentNode, certificateMs?: number): StartCommand {
    const etcd: EtcdStart = {
      mode: "bootstrap",
      memberName: memberNameOf(node.slot),
      token: this.run,
      initialCluster: this.initialCluster(),
    };
    return this.command(node, etcd, certificateMs);
  }

  initialCluster(): Record<string, string> {
    return Object.fromEntries(this.nodes.map((n) => [memberNameOf(n.slot), peerUrl(n.ip, TLS)]));
  }

  /** What the controller writes: which slots the cluster has. */
  async putDesired(through: AgentNode): Promise<void> {
    const desired: DesiredSlots = {
      generation: 1,
      slots: this.nodes.map(({ slot, ip }) => ({ slot, ip })),
    };
    const { desired: key } = etcdKeys({ namespace: NAMESPACE, name: this.options.cluster });
    await through.exec(["etcdctl", "put", key, JSON.stringify(desired)]);
  }

  async remove(): Promise<void> {
    await removeFound(this.docker, await findLabelled(this.docker, `${TEST_LABEL}=${this.run}`));
  }

  get network(): string {
    return this.name("net");
  }

  private name(part: string): string {
    return `agent-test-${this.run}-${part}`;
  }

  private makeNode(
    slot: number,
    memberOf?: Pick<StandingResume, "memberId" | "clusterId">,
  ): AgentNode {
    const { cluster, firstAddress, image, standby = "warm", without = [] } = this.options;
    this.launches += 1;
    const ref = { namespace: NAMESPACE, name: cluster };
    const ownVolume = {
      type: "volume",
      mountPath: "/home/shared",
      volumeName: this.name("shared"),
    } as const;
    const storage = this.options.storage ?? ownVolume;
    const mount = nodeMount(storage);
    const taskId = taskIdOf(ref, this.run, slot, this.launches);
    const notAfter = Date.now() + STANDING_MS_MAX;
    const resume = memberOf && { ...memberOf, commandId: resumeCommandId(taskId), notAfter };
    return new AgentNode({
      docker: this.docker,
      image,
      network: this.name("net"),
      labels: this.labels,
      dataVolume: this.name(`data-${slot}`),
      storage: storageParameters(storage).filter(({ key }) => !without.includes(key)),
      token: this.agentToken,
      config: {
        namespace: NAMESPACE,
        cluster,
        slot,
        taskId,
        ...(resume && { resume }),
        ip: slotAddress(firstAddress, slot),
        etcd: { tls: true, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
        jupyter: { port: 8888, auth: "token", standby },
        ssh: { user: "admin", authorizedKeys: [] },
        storage: {
          mountPath: storage.mountPath,
          requireMount: requiresMount(storage),
          ...(mount === null ? {} : { mount }),
        },
      },
    });
  }
}
