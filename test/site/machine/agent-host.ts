/** A host that runs tasks: a Docker engine with the images and the containers' network. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LocalAgentOptions } from "../../../controller/mesos-local/options.ts";
import { launchesSince } from "../../support/docker-launches.ts";
import { copyDataRoot } from "./data-root.ts";
import type { ContainerNetwork } from "./container-network.ts";
import { HostEngine } from "./engine.ts";
import type { SiteHost } from "./host.ts";
import type { SiteRecord } from "./record.ts";

export interface AgentHostOptions {
  /** Made by `filledDataRoot`. */
  readonly images: string;
  /** Addresses that may use its engine. */
  readonly masters: readonly string[];
  /** Started with `sh -c` beside the engine; the environment tells it what it needs. */
  readonly agentCommand: string | null;
  /** Of the master, for that command. */
  readonly mesos: string;
}

export class AgentHost {
  readonly engine: HostEngine;

  constructor(
    readonly host: SiteHost,
    private readonly network: ContainerNetwork,
    record: SiteRecord,
    private readonly options: AgentHostOptions,
  ) {
    const { cgroup } = record;
    const clients = options.masters;
    this.engine = new HostEngine(host, { dataRoot: this.dataRoot, cgroup, clients });
    host.addService(() => this.start());
  }

  get name(): string {
    return this.host.name;
  }

  /** As an embedded master has it. What the machine has is offered by each host. */
  agent(site: string, resources: Pick<LocalAgentOptions, "cpus" | "memMiB" | "diskMiB">) {
    const { name, engine } = this;
    const rack = `rack-${name}`;
    return {
      ...{ id: `${site}-${name}`, hostname: name, docker: engine.address, attributes: { rack } },
      ...resources,
    };
  }

  /** Names of the containers that run on it now. */
  async containers(labels: Readonly<Record<string, string>> = {}): Promise<RunningContainer[]> {
    const label = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    const found = await this.engine.docker.listContainers({ filters: { label } });
    return found.map(({ Id, Labels }) => ({ id: Id, host: this, labels: Labels }));
  }

  /** @see launchesSince */
  async launchesSince(ms: number, label: string): Promise<string[]> {
    const names = await launchesSince(this.engine.docker, ms, label);
    return names.map((name) => `${name} on ${this.name}`);
  }

  private get dataRoot(): string {
    return join(this.host.dir, "docker");
  }

  private async start(): Promise<void> {
    if (!existsSync(this.dataRoot)) await copyDataRoot(this.options.images, this.dataRoot);
    await this.network.join(this.host);
    await this.engine.start();
    await this.ensureNetwork();
    const { agentCommand, mesos } = this.options;
    if (agentCommand === null) return;
    await this.host.spawn("agent", ["sh", "-c", agentCommand], {
      HOST_NAME: this.host.name,
      HOST_IP: this.host.ip,
      WORK_DIR: join(this.host.dir, "agent"),
      DOCKER_SOCKET: this.engine.socket,
      MASTER: mesos,
    });
  }

  private async ensureNetwork(): Promise<void> {
    const { docker } = this.engine;
    const { docker: wanted } = this.network;
    if (wanted === null) return;
    const filters = { name: [wanted.Name] };
    if ((await docker.listNetworks({ filters })).length > 0) return;
    await docker.createNetwork(wanted);
  }
}

export interface RunningContainer {
  readonly id: string;
  readonly host: AgentHost;
  readonly labels: Readonly<Record<string, string>>;
}
