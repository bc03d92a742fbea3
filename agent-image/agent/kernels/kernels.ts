/** Kernels that belong to the cluster, as one node's agent sees to them. Composes their parts. */
import type { EtcdHealth, NodeConfig } from "../../../controller/model/agent-api.ts";
import type { KernelsConfig } from "../../../controller/model/kernels.ts";
import type { MemberKernels } from "../../../controller/model/naming.ts";
import type { ClusterStore } from "../naming/cluster-store.ts";
import type { KernelHost } from "../ports/kernel-host.ts";
import type { AgentPorts, LineLog } from "../ports/ports.ts";
import type { StatusBoard } from "../status/status-board.ts";
import type { User } from "../system/user.ts";
import { newCurveKeys } from "./curve-key.ts";
import { KernelApi } from "./kernel-api.ts";
import { viewsOf } from "./kernel-fate.ts";
import { KernelOrders } from "./kernel-orders.ts";
import { NodeKernels } from "./node-kernels.ts";
import { Standing } from "./standing.ts";
import { ResourceWatch } from "./resource-watch.ts";

export interface KernelsServer {
  listen(owner: User): Promise<void>;
  close(): Promise<void>;
}

export interface KernelsOptions extends AgentPorts {
  readonly config: NodeConfig;
  readonly kernels: KernelsConfig;
  readonly host: KernelHost;
  readonly store: ClusterStore;
  readonly board: StatusBoard;
  readonly output: LineLog;
  readonly serve: (api: KernelApi) => KernelsServer;
}

export class Kernels {
  private readonly node: NodeKernels;
  private readonly standing: Standing;
  private readonly orders: KernelOrders;
  private readonly watch: ResourceWatch;
  private readonly server: KernelsServer;
  /** What other nodes are told of this one. */
  readonly member: MemberKernels;

  constructor(private readonly options: KernelsOptions) {
    const clientKeys = newCurveKeys();
    this.member = { clientKey: clientKeys.publicKey };
    this.node = new NodeKernels(options);
    this.standing = new Standing(options);
    this.orders = new KernelOrders({ ...options, standing: this.standing });
    this.watch = new ResourceWatch({ ...options, kept: this.node.kept });
    this.server = options.serve(new KernelApi(this.orders, clientKeys));
    this.standing.subscribe(() => this.tell());
  }

  /** @throws Error when the socket cannot be made */
  async start(user: User): Promise<void> {
    await this.server.listen(user);
    this.node.start(user);
    this.watch.start(user);
  }

  setHealth(health: EtcdHealth | null): void {
    this.standing.setHealth(health);
    this.node.setHealth(health);
  }

  setLease(lease: string): void {
    this.node.setLease(lease);
  }

  async stop(): Promise<void> {
    this.orders.stop();
    await Promise.all([this.server.close(), this.watch.stop(), this.node.stop()]);
  }

  /** The leader's agent tells of all of them; the others of none, so that nobody has to compare. */
  private tell(): void {
    const { store, board } = this.options;
    const { kernels } = store;
    const told = this.standing.now.leads && kernels !== null;
    board.update({ kernels: told ? viewsOf(kernels, store.data) : null });
  }
}
