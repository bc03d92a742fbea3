/** Large values in etcd: its log has room set aside for them, its database must grow by them. */
import { clientUrl } from "../../controller/model/ids.ts";
import type { TlsIdentity } from "../../controller/model/tls-identity.ts";
import type { NodeStatus } from "../../controller/model/resource.ts";
import { KvGateway } from "../support/etcd/kv-gateway.ts";
import { TLS } from "../support/etcd/transport.ts";

/** Under etcd's limit of 1.5 MiB for a request. */
const VALUE_BYTES = 1_000_000;

export class Filler {
  private gateway: KvGateway | null = null;

  /** @param identityOf asked when the first value is put: the cluster has to be there */
  constructor(private readonly identityOf: () => Promise<TlsIdentity | null>) {}

  /** Puts one value through each node. Without an answer it is as well: etcd is being broken. */
  async put(through: readonly NodeStatus[]): Promise<void> {
    const value = "0".repeat(VALUE_BYTES);
    const gateway = (this.gateway ??= new KvGateway(await this.identityOf()));
    await Promise.allSettled(
      through.map(({ ip }) => gateway.put(clientUrl(ip, TLS), "/filler", value)),
    );
  }

  async close(): Promise<void> {
    await this.gateway?.close();
  }
}
