/**
 * Docker's own network across hosts: packets go through VXLAN, and Swarm's managers know who has which address. No
 * host is on it, so that a container leads the controller's host there.
 */
import { join } from "node:path";
import type { AgentHost } from "./agent-host.ts";
import { until } from "../../support/poll.ts";
import { run } from "./command.ts";
import { type ContainerNetwork, NAME } from "./container-network.ts";
import { copyDataRoot } from "./data-root.ts";
import { HostEngine } from "./engine.ts";
import type { SiteHost } from "./host.ts";
import type { SiteNetwork } from "./network.ts";
import type { SiteRecord } from "./record.ts";

/** Beside the controller's. */
const MANAGERS = 2;
const SWARM_PORT = 2377;
const DOWN_MS_MAX = 60_000;

export interface OverlayOptions {
  /** Of the container that leads there. */
  readonly image: string;
  /** Made by `filledDataRoot`. */
  readonly images: string;
}

interface Member {
  readonly host: SiteHost;
  readonly engine: HostEngine;
}

export class OverlayNetwork implements ContainerNetwork {
  readonly docker = null;
  /** The controller's host, which is a manager. */
  private first: Member | null = null;

  constructor(
    private readonly network: SiteNetwork,
    private readonly record: SiteRecord,
    private readonly options: OverlayOptions,
  ) {}

  get spec() {
    const { containers: subnet } = this.network;
    return { name: NAME, driver: "overlay", subnet, firstAddress: this.address(10) };
  }

  async join(): Promise<void> {
    // What joins the hosts is formed once all of them are on.
  }

  /** Of hosts that are on. */
  async form(controller: SiteHost, agents: readonly AgentHost[]): Promise<void> {
    const first = { host: controller, engine: await this.engineOf(controller) };
    this.first = first;
    const here = `${controller.ip}:${SWARM_PORT}`;
    await client(first, "swarm", "init", "--advertise-addr", controller.ip);
    for (const [i, agent] of agents.entries()) {
      const role = i < MANAGERS ? "manager" : "worker";
      const token = await client(first, "swarm", "join-token", "--quiet", role);
      const { ip } = agent.host;
      await client(agent, "swarm", "join", "--token", token, "--advertise-addr", ip, here);
    }
    const made = ["--driver", "overlay", "--attachable", "--subnet", this.network.containers];
    await client(first, "network", "create", ...made, NAME);
    await this.leadThere(first);
    await this.network.routeContainers(controller.ip);
  }

  /** Of a host that is lost: what its containers had is given up with it. */
  async removeHost({ name }: SiteHost): Promise<void> {
    // A node that is not down yet is not let go of.
    const isDown = async () =>
      (await this.ask("node", "inspect", "--format", "{{.Status.State}}", name)) === "down";
    await until(`${name} is down for Swarm`, isDown, DOWN_MS_MAX);
    const role = await this.ask("node", "inspect", "--format", "{{.Spec.Role}}", name);
    if (role === "manager") await this.ask("node", "demote", name);
    await this.ask("node", "rm", "--force", name);
  }

  private ask(...args: readonly string[]): Promise<string> {
    if (this.first === null) throw new Error("the swarm has not been formed");
    return client(this.first, ...args);
  }

  private address(last: number): string {
    return this.network.containers.replace(/0\/24$/, String(last));
  }

  private async engineOf(host: SiteHost): Promise<HostEngine> {
    const dataRoot = join(host.dir, "docker");
    await copyDataRoot(this.options.images, dataRoot);
    const engine = new HostEngine(host, { dataRoot, cgroup: this.record.cgroup, clients: [] });
    await engine.start();
    return engine;
  }

  private async leadThere(member: Member): Promise<void> {
    const { host } = member;
    const lets = ["--sysctl", "net.ipv4.ip_forward=1", "--entrypoint", "sleep"];
    const place = ["--network", NAME, "--ip", this.address(250)];
    const id = await client(
      member,
      ...["run", "--detach", ...place, ...lets, this.options.image, "infinity"],
    );
    const pid = await client(member, "inspect", "--format", "{{.State.Pid}}", id);
    const inside = ["nsenter", "--target", pid, "--net"] as const;
    // The nodes know of no way to who is not on their network.
    await host.run(...inside, "iptables", "-t", "nat", "-A", "POSTROUTING", "-j", "MASQUERADE");
    const said = await host.run(...inside, "ip", "route", "show", "default");
    const gateway = /via (\S+) dev (\S+)/.exec(said);
    const link = await host.run(...inside, "ip", "-4", "-o", "address", "show", gateway?.[2] ?? "");
    const [, near = ""] = /inet (\S+)\//.exec(link) ?? [];
    await host.run("ip", "route", "add", this.network.containers, "via", near);
    await host.run("iptables", "-w", "-I", "FORWARD", "-j", "ACCEPT");
    await host.run("sysctl", "-w", "net.ipv4.ip_forward=1");
  }
}

function client({ engine }: Pick<Member, "engine">, ...args: readonly string[]): Promise<string> {
  return run("docker", "--host", `unix://${engine.socket}`, ...args);
}
