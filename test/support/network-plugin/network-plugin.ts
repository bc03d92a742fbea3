/**
 * A Docker remote network driver and address management driver under Calico's names, `calico` and
 * `calico-ipam`, of a host: real links, routes and packets, and a store that hosts can share.
 */
import { AddressStore } from "./address-store.ts";
import { ipamMethods } from "./ipam-driver.ts";
import { CalicoLikeDriver } from "./network-driver.ts";
import { PluginServer } from "./plugin-server.ts";

export interface NetworkPluginOptions {
  /** A directory that all hosts see. */
  readonly store: string;
  readonly hostname: string;
  /** Under which the other hosts reach this one; null: there are no others. */
  readonly hostAddress: string | null;
}

export class NetworkPlugin {
  readonly driver: CalicoLikeDriver;
  readonly store: AddressStore;
  /** For faults. */
  readonly network: PluginServer;
  readonly ipam: PluginServer;

  constructor({ store, hostname, hostAddress }: NetworkPluginOptions) {
    this.store = new AddressStore(store);
    this.driver = new CalicoLikeDriver(this.store, hostAddress);
    this.network = new PluginServer("calico", "NetworkDriver", this.driver.methods);
    this.ipam = new PluginServer("calico-ipam", "IpamDriver", ipamMethods(this.store, hostname));
  }

  async start(): Promise<void> {
    await this.store.open();
    await this.driver.start();
    await Promise.all([this.network.start(), this.ipam.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.network.stop(), this.ipam.stop()]);
    await this.driver.stop();
  }
}
