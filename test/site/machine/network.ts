/** The switch that joins a site's hosts, and this machine to them. */
import { Namespaces } from "./namespaces.ts";
import type { SiteRecord } from "./record.ts";
import { run } from "./command.ts";

const BRIDGE = "switch";
/** The uplink of every host, by its own name for it. */
export const UPLINK = "eth0";

export class SiteNetwork {
  private constructor(
    private readonly inside: Namespaces,
    private readonly number: number,
  ) {}

  static async start(record: SiteRecord): Promise<SiteNetwork> {
    const network = new SiteNetwork(await Namespaces.start("switch", record), record.number);
    await network.inside.run("ip", "link", "add", BRIDGE, "type", "bridge");
    await network.inside.run("ip", "link", "set", BRIDGE, "up");
    await network.joinThisMachine();
    return network;
  }

  /** /24, without the last number. */
  get prefix(): string {
    return `10.213.${this.number}`;
  }

  get subnet(): string {
    return `${this.prefix}.0/24`;
  }

  /** For containers whose packets the hosts route. */
  get containers(): string {
    return `10.214.${this.number}.0/24`;
  }

  /** From this machine to those containers: one of the hosts knows the way on. */
  async routeContainers(via: string): Promise<void> {
    await run("ip", "route", "replace", this.containers, "via", via);
  }

  /** Of this machine; the way out for everyone on the switch. */
  get gateway(): string {
    return `${this.prefix}.1`;
  }

  /** @param last number of the host's address */
  async plugIn(host: Namespaces, name: string, last: number): Promise<void> {
    const port = ["link", "add", name, "netns", String(this.inside.pid), "type", "veth"];
    // The same after it was switched off, so that nobody remembers a wrong one.
    const mac = `02:4a:53:${hex(this.number)}:00:${hex(last)}`;
    const uplink = ["peer", "name", UPLINK, "address", mac, "netns", String(host.pid)];
    await run("ip", ...port, ...uplink);
    await this.inside.run("ip", "link", "set", name, "master", BRIDGE, "up");
    await host.run("ip", "address", "add", `${this.prefix}.${last}/24`, "dev", UPLINK);
    await host.run("ip", "link", "set", UPLINK, "up");
    await host.run("ip", "route", "add", "default", "via", this.gateway);
  }

  /** The cable is pulled at the switch: nothing in or out, of the host and its containers. */
  cut(name: string): Promise<string> {
    return this.inside.run("ip", "link", "set", name, "down");
  }

  mend(name: string): Promise<string> {
    return this.inside.run("ip", "link", "set", name, "up");
  }

  async unplug(name: string): Promise<void> {
    await this.inside.run("ip", "link", "delete", name);
  }

  stop(): Promise<void> {
    return this.inside.kill();
  }

  /** The interface ends with the switch. */
  private async joinThisMachine(): Promise<void> {
    const name = `jc-site-${this.number}`;
    const peer = ["peer", "name", "machine", "netns", String(this.inside.pid)];
    await run("ip", "link", "add", name, "type", "veth", ...peer);
    await this.inside.run("ip", "link", "set", "machine", "master", BRIDGE, "up");
    await run("ip", "address", "add", `${this.gateway}/24`, "dev", name);
    await run("ip", "link", "set", name, "up");
  }
}

function hex(number: number): string {
  return number.toString(16).padStart(2, "0");
}
