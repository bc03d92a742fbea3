/** One machine of the site: on or off, reachable or not. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type InnerProcess, Namespaces } from "./namespaces.ts";
import type { SiteNetwork } from "./network.ts";
import type { SiteRecord } from "./record.ts";

export class SiteHost {
  /** What its system starts when it is switched on, in order. */
  private readonly services: (() => Promise<void>)[] = [];
  private inside: Namespaces | null = null;
  private isAway = false;

  constructor(
    readonly name: string,
    private readonly number: number,
    private readonly network: SiteNetwork,
    private readonly record: SiteRecord,
  ) {}

  get ip(): string {
    return `${this.network.prefix}.${this.number}`;
  }

  /** Its disk: what is there survives a power failure. */
  get dir(): string {
    return join(this.record.dir, this.name);
  }

  get isOn(): boolean {
    return this.inside !== null;
  }

  get isCut(): boolean {
    return this.isAway;
  }

  /** From the next start on. */
  addService(start: () => Promise<void>): void {
    this.services.push(start);
  }

  async powerOn(): Promise<void> {
    if (this.inside !== null) throw new Error(`${this.name} is on`);
    await mkdir(this.dir, { recursive: true });
    const inside = await Namespaces.start(this.name, this.record);
    await this.network.plugIn(inside, this.name, this.number);
    this.inside = inside;
    this.isAway = false;
    await this.knowAddressesAlone();
    for (const start of this.services) await start();
  }

  /** As when its power fails: the others hear nothing, not even the end of a connection. */
  async powerOff(): Promise<void> {
    const { inside } = this;
    if (inside === null) return;
    this.inside = null;
    await this.network.cut(this.name);
    await inside.kill();
    await this.network.unplug(this.name).catch((error: unknown) => {
      // The kernel removes the port with the other end's namespace, and may have been quicker.
      if (!/Cannot find device/.test(String(error))) throw error;
    });
  }

  async cut(): Promise<void> {
    this.isAway = true;
    await this.network.cut(this.name);
  }

  async mend(): Promise<void> {
    await this.network.mend(this.name);
    this.isAway = false;
  }

  /** Of its own traffic; that of its containers does not pass its firewall. */
  async cutFrom(addresses: readonly string[]): Promise<void> {
    await this.firewall("-I", addresses);
  }

  async mendFrom(addresses: readonly string[]): Promise<void> {
    await this.firewall("-D", addresses);
  }

  /** Who may connect to a port: nobody else from now on. */
  async guard(port: number, addresses: readonly string[]): Promise<void> {
    const to = ["-w", "-A", "INPUT", "-p", "tcp", "--dport", String(port)];
    for (const address of addresses)
      await this.run("iptables", ...to, "-s", address, "-j", "ACCEPT");
    await this.run("iptables", ...to, "-j", "DROP");
  }

  run(file: string, ...args: readonly string[]): Promise<string> {
    return this.namespaces.run(file, ...args);
  }

  /** What it prints is added to `NAME.log` on the host's disk. */
  spawn(
    name: string,
    command: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<InnerProcess> {
    return this.namespaces.spawn(command, { output: join(this.dir, `${name}.log`), env });
  }

  /** Nobody answers for names here: glusterd, which asks for those of its peers, would wait for each. */
  private async knowAddressesAlone(): Promise<void> {
    const own = join(this.dir, "resolv.conf");
    await writeFile(own, "# no server of names: to ask fails at once\n");
    await this.run("mount", "--bind", own, "/etc/resolv.conf");
  }

  private get namespaces(): Namespaces {
    if (this.inside === null) throw new Error(`${this.name} is off`);
    return this.inside;
  }

  private async firewall(action: "-I" | "-D", addresses: readonly string[]): Promise<void> {
    for (const address of addresses) {
      await this.run("iptables", "-w", action, "INPUT", "-s", address, "-j", "DROP");
      await this.run("iptables", "-w", action, "OUTPUT", "-d", address, "-j", "DROP");
    }
  }
}
