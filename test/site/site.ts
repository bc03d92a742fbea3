/**
 * A Mesos site on one machine: hosts with a Docker engine each on a switch, three masters behind
 * ZooKeeper, controllers on hosts of their own. With SITE_MESOS in the environment the masters are
 * elsewhere, and the hosts run whatever agent SITE_AGENT_COMMAND starts.
 */
import { chmod, mkdir } from "node:fs/promises";
import { freemem } from "node:os";
import { join } from "node:path";
import { type ClusterRef, LABELS } from "../../controller/model/ids.ts";
import { SiteController, saveSpec } from "./controller.ts";
import { AgentHost, type RunningContainer } from "./machine/agent-host.ts";
import { CalicoNetwork, type ContainerNetwork, macvlan } from "./machine/container-network.ts";
import { filledDataRoot } from "./machine/data-root.ts";
import { SiteHost } from "./machine/host.ts";
import { OverlayNetwork } from "./machine/overlay.ts";
import { SiteNetwork } from "./machine/network.ts";
import { SiteRecord } from "./machine/record.ts";
import { SiteMasters } from "./masters/site-masters.ts";
import { specText } from "./spec.ts";
import { SiteBricks, VOLUME } from "./storage/site-bricks.ts";
import { SiteStore } from "./store/site-store.ts";

/** Last numbers of addresses. Containers on the same subnet have theirs from 100 on. */
const MASTERS = [11, 12, 13];
const FIRST_CONTROLLER = 21;
const FIRST_AGENT = 31;
const BRICKS = [51, 52, 53];
const STORE = [61, 62, 63];
export const LEASE_SECONDS = 10;
/** Of the shared files in the nodes. */
export const SHARED = "/home/shared";
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
  /** Two share an etcd of the site, each on a host of its own; one has a state directory. Default: 1. */
  readonly controllers?: 1 | 2;
  /** What the nodes share: a directory of this machine (default), or a volume of three bricks. */
  readonly shared?: "hostPath" | "glusterfs";
  /** Between containers of different hosts. Default: macvlan. */
  readonly network?: "macvlan" | "calico" | "overlay";
  /** With macvlan. False: the hosts have no such network until nodes are launched. Default: true. */
  readonly networkMade?: boolean;
  readonly onProgress?: (line: string) => void;
}

export class Site {
  readonly cluster: ClusterRef = { namespace: "default", name: "site" };
  readonly agents: AgentHost[] = [];
  private embedded: SiteMasters | null = null;
  readonly controllers: SiteController[] = [];
  private readonly hosts = new Map<string, SiteHost>();
  private stored: SiteStore | null = null;
  private volume: SiteBricks | null = null;
  private routed: CalicoNetwork | null = null;
  private swarm: OverlayNetwork | null = null;

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

  /** The only one, or the first of two. */
  get controller(): SiteController {
    const [first] = this.controllers;
    if (first === undefined) throw new Error("the site has not been built");
    return first;
  }

  get store(): SiteStore {
    if (this.stored === null) throw new Error("the controllers of this site share no store");
    return this.stored;
  }

  get bricks(): SiteBricks {
    if (this.volume === null) throw new Error("this site has no GlusterFS");
    return this.volume;
  }

  get calico(): CalicoNetwork {
    if (this.routed === null) throw new Error("the containers of this site are on macvlan");
    return this.routed;
  }

  get overlay(): OverlayNetwork {
    if (this.swarm === null) throw new Error("the containers of this site are on no overlay");
    return this.swarm;
  }

  /** As the spec has it. */
  get containerNetwork(): ContainerNetwork {
    const { networkMade = true } = this.options;
    return this.routed ?? this.swarm ?? macvlan(this.network, networkMade);
  }

  /** One for all hosts, as a mounted network file system would be. */
  get sharedDir(): string {
    return join(this.record.dir, "shared");
  }

  get specDir(): string {
    return join(this.record.dir, "specs");
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

  /**
   * Containers of the cluster that were made since then, wherever they are now.
   *
   * @param ms of the clock on the wall
   */
  async launchesSince(ms: number): Promise<string[]> {
    const on = this.agents.filter(({ host }) => host.isOn);
    const label = `${LABELS.cluster}=${this.cluster.name}`;
    return (await Promise.all(on.map((agent) => agent.launchesSince(ms, label)))).flat();
  }

  specText(replicas: number, more: readonly string[] = []): string {
    const shared =
      this.volume === null
        ? { type: "hostPath", hostPath: this.sharedDir }
        : { type: "glusterfs", servers: this.volume.servers, volume: VOLUME };
    return specText({
      ...{ name: this.cluster.name, replicas, more, network: this.containerNetwork.spec },
      shared: { ...shared, mountPath: SHARED },
      proxy: { address: "0.0.0.0", port: PROXY_PORT },
    });
  }

  async save(replicas: number, more: readonly string[] = []): Promise<void> {
    await saveSpec(this.specDir, this.specText(replicas, more));
  }

  /** Ends everything, containers too, and leaves nothing. */
  async stop(): Promise<void> {
    this.embedded?.stop();
    await Promise.all(this.controllers.map((one) => one.end("SIGTERM")));
    await this.network.stop();
    await this.record.close();
  }

  get machines(): readonly SiteHost[] {
    return [...this.hosts.values()];
  }

  /** @returns any machine of the site, by its name */
  host(name: string): SiteHost {
    const found = this.hosts.get(name);
    if (found === undefined) throw new Error(`no host ${name}: ${[...this.hosts.keys()].join()}`);
    return found;
  }

  newHost(name: string, number: number): SiteHost {
    const host = new SiteHost(name, number, this.network, this.record);
    this.hosts.set(name, host);
    return host;
  }

  private async build(): Promise<void> {
    const { hosts, image, otherImages = [], replicas = 3 } = this.options;
    this.tell("filling the engines with the image");
    const images = await filledDataRoot([image, ...otherImages], this.network, this.record);
    if (this.options.network === "calico") {
      this.routed = new CalicoNetwork(this.network, join(this.record.dir, "addresses"));
    }
    if (this.options.network === "overlay") {
      this.swarm = new OverlayNetwork(this.network, this.record, { image, images });
    }
    await mkdir(this.sharedDir);
    await chmod(this.sharedDir, 0o777);
    const mesos = process.env["SITE_MESOS"];
    const masters = mesos === undefined ? MASTERS.map((n, i) => this.newHost(`m${i + 1}`, n)) : [];
    for (let i = 0; i < hosts; i += 1) {
      const host = this.newHost(`h${i + 1}`, FIRST_AGENT + i);
      this.agents.push(
        new AgentHost(host, this.containerNetwork, this.record, {
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
    if (this.options.shared === "glusterfs") {
      this.tell("starting three servers of GlusterFS");
      this.volume = await SiteBricks.start(BRICKS.map((n, i) => this.newHost(`g${i + 1}`, n)));
    }
    await this.prepareControllers();
    if (this.routed !== null) await this.network.routeContainers(this.controller.host.ip);
    await this.swarm?.form(this.controller.host, this.agents);
    await this.save(replicas);
  }

  private startMasters(hosts: readonly SiteHost[]): Promise<SiteMasters> {
    const site = `site-${this.record.number}`;
    const memMiB = Math.floor(freemem() / MIB / this.options.hosts);
    const agents = this.agents.map((one) =>
      one.agent(site, { cpus: CPUS, memMiB, diskMiB: DISK_MIB }),
    );
    const { dir } = this.record;
    const mounts = this.options.shared === "glusterfs";
    // What frees an address, and makes a network.
    const may = { mounts, commands: true, hostPaths: [this.sharedDir] };
    return SiteMasters.start({ hosts, site, agents, dir, ...may });
  }

  private async prepareControllers(): Promise<void> {
    const { controllers: count = 1, image } = this.options;
    if (count > 1) {
      this.tell("starting three servers of etcd for the controllers");
      const hosts = STORE.map((n, i) => this.newHost(`s${i + 1}`, n));
      this.stored = await SiteStore.start(hosts, image, this.record.dir);
    }
    for (let i = 0; i < count; i += 1) {
      const host = this.newHost(`c${i + 1}`, FIRST_CONTROLLER + i);
      host.addService(() => this.containerNetwork.join(host));
      await host.powerOn();
      this.controllers.push(this.newController(host));
    }
  }

  private newController(host: SiteHost): SiteController {
    const { stored } = this;
    const lease = ["--state-lease", String(LEASE_SECONDS)];
    return new SiteController({
      host,
      mesos: this.mesosUrl,
      credentialFile:
        this.embedded?.credentialFile ?? process.env["SITE_MESOS_CREDENTIAL_FILE"] ?? null,
      agentImage: this.options.image,
      specDir: this.specDir,
      cluster: this.cluster,
      args: stored === null ? [] : ["--standby", "--state", stored.target, ...lease],
    });
  }

  private tell(line: string): void {
    this.options.onProgress?.(line);
  }
}
