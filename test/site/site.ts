/**
 * A Mesos site on one machine: hosts with a Docker engine each on a switch, three masters behind
 * ZooKeeper, a controller on a host of its own. With SITE_MESOS in the environment the masters are
 * elsewhere, and the hosts run whatever agent SITE_AGENT_COMMAND starts.
 */
import { chmod, mkdir } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { type ClusterRef, LABELS } from "../../controller/model/ids.ts";
import { SiteController, saveSpec } from "./controller.ts";
import {
  AgentHost,
  CONTAINER_NETWORK,
  NETWORK_DRIVER,
  type RunningContainer,
} from "./machine/agent-host.ts";
import { filledDataRoot } from "./machine/data-root.ts";
import { SiteHost } from "./machine/host.ts";
import { SiteNetwork } from "./machine/network.ts";
import { SiteRecord } from "./machine/record.ts";
import { SiteMasters } from "./masters/site-masters.ts";

/** Last numbers of addresses. Containers have theirs from 100 on. */
const MASTERS = [11, 12, 13];
const CONTROLLER = 21;
const FIRST_AGENT = 31;
export const FIRST_CONTAINER = 100;
const PROXY_PORT = 8888;
const MIB = 2 ** 20;
const CPUS = 4;
const DISK_MIB = 20_000;

export interface SiteOptions {
  /** Hosts with a Docker engine. */
  readonly hosts: number;
  /** Of the cluster's nodes, on this machine's engine. */
  readonly image: string;
  /** More images that the hosts' engines have. */
  readonly otherImages?: readonly string[];
  readonly replicas?: number;
  readonly onProgress?: (line: string) => void;
}

export class Site {
  readonly cluster: ClusterRef = { namespace: "default", name: "site" };
  readonly agents: AgentHost[] = [];
  private embedded: SiteMasters | null = null;
  private acting: SiteController | null = null;

  private constructor(
    readonly record: SiteRecord,
    private readonly network: SiteNetwork,
    private readonly options: SiteOptions,
  ) {}

  /** Everything but the cluster: no controller runs yet. */
  static async start(options: SiteOptions): Promise<Site> {
    const record = await SiteRecord.open();
    try {
      const site = new Site(record, await SiteNetwork.start(record), options);
      await site.build();
      return site;
    } catch (error) {
      await record.close().catch((more: unknown) => {
        throw new AggregateError([error, more], "the site could not be made, nor removed");
      });
      throw error;
    }
  }

  get masters(): SiteMasters {
    if (this.embedded === null) throw new Error("the masters of this site are not ours");
    return this.embedded;
  }

  get controller(): SiteController {
    if (this.acting === null) throw new Error("the site has not been built");
    return this.acting;
  }

  /** One for all hosts, as a mounted network file system would be. */
  get sharedDir(): string {
    return join(this.record.dir, "shared");
  }

  get specDir(): string {
    return join(this.record.dir, "specs");
  }

  get proxyUrl(): string {
    return `http://${this.controller.host.ip}:${PROXY_PORT}`;
  }

  get mesosUrl(): string {
    return process.env["SITE_MESOS"] ?? this.masters.url;
  }

  /** Whether the masters were started here, and can be killed. */
  get hasOwnMasters(): boolean {
    return this.embedded !== null;
  }

  agent(name: string): AgentHost {
    const found = this.agents.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  }

  /** Of the cluster, on the hosts that are on; those that are cut off are left out. */
  async containers(): Promise<RunningContainer[]> {
    const on = this.agents.filter(({ host }) => host.isOn && !host.isCut);
    const label = { [LABELS.cluster]: this.cluster.name };
    return (await Promise.all(on.map((agent) => agent.containers(label)))).flat();
  }

  specText(replicas: number, more: readonly string[] = []): string {
    const { prefix, subnet } = this.network;
    return [
      "apiVersion: jupytercluster.dev/v1alpha1",
      "kind: JupyterCluster",
      `metadata: { name: ${this.cluster.name} }`,
      "spec:",
      `  replicas: ${replicas}`,
      "  resources: { cpus: 0.5, memory: 512Mi }",
      "  network:",
      `    { name: ${CONTAINER_NETWORK}, driver: ${NETWORK_DRIVER}, subnet: ${subnet},`,
      `      firstAddress: ${prefix}.${FIRST_CONTAINER} }`,
      `  storage: { shared: { type: hostPath, hostPath: ${this.sharedDir} } }`,
      `  proxy: { address: ${this.controller.host.ip}, port: ${PROXY_PORT} }`,
      ...more,
      "",
    ].join("\n");
  }

  async save(replicas: number, more: readonly string[] = []): Promise<void> {
    await saveSpec(this.specDir, this.specText(replicas, more));
  }

  /** Ends everything, containers too, and leaves nothing. */
  async stop(): Promise<void> {
    this.embedded?.stop();
    await this.acting?.end("SIGTERM");
    await this.network.stop();
    await this.record.close();
  }

  newHost(name: string, number: number): SiteHost {
    return new SiteHost(name, number, this.network, this.record);
  }

  private async build(): Promise<void> {
    const { hosts, image, otherImages = [], replicas = 3 } = this.options;
    this.tell("filling the engines with the image");
    const images = await filledDataRoot([image, ...otherImages], this.network, this.record);
    await mkdir(this.sharedDir);
    await chmod(this.sharedDir, 0o777);
    const mesos = process.env["SITE_MESOS"];
    const masters = mesos === undefined ? MASTERS.map((n, i) => this.newHost(`m${i + 1}`, n)) : [];
    for (let i = 0; i < hosts; i += 1) {
      const host = this.newHost(`h${i + 1}`, FIRST_AGENT + i);
      this.agents.push(
        new AgentHost(host, this.network, this.record, {
          images,
          masters: masters.map(({ ip }) => ip),
          mesos: mesos ?? "",
          agentCommand: mesos === undefined ? null : (process.env["SITE_AGENT_COMMAND"] ?? null),
        }),
      );
    }
    this.tell(`switching ${hosts} hosts on`);
    const started = await Promise.allSettled(this.agents.map(({ host }) => host.powerOn()));
    const failed = started.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    if (mesos === undefined) {
      this.tell("starting three masters and ZooKeeper");
      this.embedded = await this.startMasters(masters);
    }
    await this.prepareController(replicas);
  }

  private startMasters(hosts: readonly SiteHost[]): Promise<SiteMasters> {
    const site = `site-${this.record.number}`;
    const memMiB = Math.floor(freemem() / MIB / this.options.hosts);
    const agents = this.agents.map((one) =>
      one.agent(site, { cpus: CPUS, memMiB, diskMiB: DISK_MIB }),
    );
    const { dir } = this.record;
    return SiteMasters.start({ hosts, site, agents, hostPaths: [this.sharedDir], dir });
  }

  private async prepareController(replicas: number): Promise<void> {
    const host = this.newHost("c1", CONTROLLER);
    await host.powerOn();
    this.acting = new SiteController({
      host,
      mesos: this.mesosUrl,
      credentialFile:
        this.embedded?.credentialFile ?? process.env["SITE_MESOS_CREDENTIAL_FILE"] ?? null,
      agentImage: this.options.image,
      specDir: this.specDir,
      cluster: this.cluster,
    });
    await this.save(replicas);
  }

  private tell(line: string): void {
    this.options.onProgress?.(line);
  }
}
