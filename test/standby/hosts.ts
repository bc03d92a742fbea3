/**
 * Two hosts for two controllers on one machine: network namespaces on the cluster's own bridge, so that
 * each has the proxy at the same port of an address of its own. Wants root and iproute2.
 */
import { runCommand } from "../support/e2e/run-command.ts";

const COMMAND_MS_MAX = 10_000;

export class Host {
  private constructor(
    private readonly name: string,
    readonly ip: string,
  ) {}

  /** @param name of at most eleven characters */
  static async make(name: string, bridge: string, ip: string): Promise<Host> {
    const host = new Host(name, ip);
    await host.remove();
    await ip4("netns", "add", name);
    await ip4("link", "add", `v${name}`, "type", "veth", "peer", "name", "eth0", "netns", name);
    await ip4("link", "set", `v${name}`, "master", bridge, "up");
    await ip4("-n", name, "addr", "add", `${ip}/24`, "dev", "eth0");
    for (const device of ["lo", "eth0"]) await ip4("-n", name, "link", "set", device, "up");
    return host;
  }

  /** What runs a program on it. */
  get within(): readonly string[] {
    return ["ip", "netns", "exec", this.name];
  }

  /** One that is not there is no error. */
  async remove(): Promise<void> {
    await runCommand("ip", ["link", "del", `v${this.name}`], { timeoutMs: COMMAND_MS_MAX });
    await runCommand("ip", ["netns", "del", this.name], { timeoutMs: COMMAND_MS_MAX });
  }
}

async function ip4(...args: readonly string[]): Promise<void> {
  const done = await runCommand("ip", args, { timeoutMs: COMMAND_MS_MAX });
  if (done.code !== 0) throw new Error(`ip ${args.join(" ")}: ${done.stderr}`);
}
