/** How the containers of a site reach one another across its hosts. */
import { join, resolve } from "node:path";
import type { NetworkCreateOptions } from "dockerode";
import { AddressStore } from "../../support/network-plugin/address-store.ts";
import { PLUGIN_DIR } from "../../support/network-plugin/plugin-server.ts";
import { until } from "../../support/poll.ts";
import type { SiteHost } from "./host.ts";
import { type SiteNetwork, UPLINK } from "./network.ts";

/** Its name, on every host. */
export const NAME = "site";
/** Compiled, as everything that runs as a process of its own. */
const PLUGIN = resolve("dist/test/support/network-plugin/main.js");
const SOCKETS = ["calico.sock", "calico-ipam.sock"].map((name) => join(PLUGIN_DIR, name));

export interface ContainerNetwork {
  /** Value of `spec.network`. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** What every host makes of it, once; null: others make it. */
  readonly docker: NetworkCreateOptions | null;
  /** At a host's start, before its engine's: hosts without an engine get the routes alone. */
  join(host: SiteHost): Promise<void>;
}

/**
 * The hosts' own subnet, on their uplinks.
 *
 * @param made false: the hosts have no such network until somebody launches a container on it
 */
export function macvlan({ prefix, subnet, gateway }: SiteNetwork, made: boolean): ContainerNetwork {
  const options = { parent: UPLINK };
  return {
    spec: { name: NAME, driver: "macvlan", subnet, firstAddress: `${prefix}.100`, options },
    docker: made
      ? {
          Name: NAME,
          Driver: "macvlan",
          IPAM: { Config: [{ Subnet: subnet, Gateway: gateway }] },
          Options: options,
        }
      : null,
    join: async () => undefined,
  };
}

/** A subnet of its own, whose packets the hosts route: the drivers of a plug-in under Calico's names. */
export class CalicoNetwork implements ContainerNetwork {
  /** What all hosts know together. */
  readonly store: AddressStore;

  constructor(
    private readonly network: SiteNetwork,
    private readonly dir: string,
  ) {
    this.store = new AddressStore(dir);
  }

  get spec() {
    const { containers: subnet } = this.network;
    const drivers = { driver: "calico", ipamDriver: "calico-ipam" };
    return { name: NAME, ...drivers, subnet, firstAddress: subnet.replace(/0\/24$/, "10") };
  }

  get docker() {
    const config = [{ Subnet: this.network.containers }];
    return { Name: NAME, Driver: "calico", IPAM: { Driver: "calico-ipam", Config: config } };
  }

  async join(host: SiteHost): Promise<void> {
    await host.spawn("network-plugin", [process.execPath, PLUGIN, this.dir, host.name, host.ip]);
    for (const socket of SOCKETS) {
      await until(`${socket} on ${host.name}`, () =>
        host.run("test", "-S", socket).then(() => true),
      );
    }
  }
}
