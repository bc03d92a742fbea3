/** Large values in etcd: its log has room set aside for them, its database must grow by them. */
import { clientUrl } from "../../controller/model/ids.ts";
import type { NodeStatus } from "../../controller/model/resource.ts";
import { KvGateway } from "../support/etcd/kv-gateway.ts";

/** Under etcd's limit of 1.5 MiB for a request. */
const VALUE_BYTES = 1_000_000;

export class Filler {
  private readonly gateway = new KvGateway();

  /** Puts one value through each node. Without an answer it is as well: etcd is being broken. */
  async put(through: readonly NodeStatus[]): Promise<void> {
    const value = "0".repeat(VALUE_BYTES);
    await Promise.allSettled(
      through.map(({ ip }) => this.gateway.put(clientUrl(ip), "/filler", value)),
    );
  }

  async close(): Promise<void> {
    await this.gateway.close();
  }
}
