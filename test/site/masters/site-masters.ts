/** The three embedded masters of a site, each with a ZooKeeper server on a host of its own. */
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { LocalAgentOptions } from "../../../controller/mesos-local/options.ts";
import { until } from "../../support/poll.ts";
import { ensureZooKeeper } from "../../support/zookeeper/ensure-zookeeper.ts";
import { ZooKeeperEnsemble } from "../../support/zookeeper/ensemble.ts";
import type { SiteHost } from "../machine/host.ts";
import type { InnerProcess } from "../machine/namespaces.ts";
import type { MasterConfig } from "./main.ts";

/** Compiled, as everything that runs as a process of its own. */
const PROGRAM = resolve("dist/test/site/masters/main.js");
const MASTER_PORT = 5050;
const ZOOKEEPER_PORTS = { client: 2181, peerPort: 2888, electionPort: 3888 };
const PATH = "/mesos";
const PRINCIPAL = "jupyter-cluster";
const SECRET_BYTES = 32;
/** As a service manager would have it. */
const RESTART_MS = 1000;
/** A session of ZooKeeper that ends, and more. */
const LEADER_MS_MAX = 90_000;

export interface MastersOptions {
  readonly hosts: readonly SiteHost[];
  /** Of this site alone: a part of the containers' labels. */
  readonly site: string;
  readonly agents: readonly LocalAgentOptions[];
  /** Directories of the agents' hosts that tasks may mount. */
  readonly hostPaths: readonly string[];
  /** Whether tasks may mount file systems in their containers. */
  readonly mounts: boolean;
  /** Whether tasks may be commands; they run on the leading master's host, with the agent's Docker. */
  readonly commands: boolean;
  /** For what must be read by several hosts. */
  readonly dir: string;
}

export class SiteMasters {
  readonly zookeeper: ZooKeeperEnsemble;
  private readonly secret = randomBytes(SECRET_BYTES).toString("base64url");
  private readonly processes = new Map<SiteHost, InnerProcess>();
  /** Killed on purpose, and not to be started by anybody else. */
  private readonly down = new Set<SiteHost>();
  private isStopping = false;

  private constructor(private readonly options: MastersOptions) {
    const places = options.hosts.map((host) => ({
      client: { host: host.ip, port: ZOOKEEPER_PORTS.client },
      peerPort: ZOOKEEPER_PORTS.peerPort,
      electionPort: ZOOKEEPER_PORTS.electionPort,
      spawn: (command: readonly string[]) => host.spawn("zookeeper", command),
    }));
    this.zookeeper = ZooKeeperEnsemble.at(join(options.dir, "zookeeper"), places);
  }

  /** Resolves when one leads. */
  static async start(options: MastersOptions): Promise<SiteMasters> {
    await ensureZooKeeper();
    const masters = new SiteMasters(options);
    await writeFile(masters.credentialFile, `${PRINCIPAL} ${masters.secret}\n`, { mode: 0o600 });
    options.hosts.forEach((host, i) => {
      host.addService(async () => masters.zookeeper.servers[i]?.start());
      host.addService(() => masters.startMaster(host));
    });
    for (const host of options.hosts) await host.powerOn();
    await masters.leader();
    return masters;
  }

  /** As `--mesos` takes it. */
  get url(): string {
    const servers = this.options.hosts.map(({ ip }) => `${ip}:${ZOOKEEPER_PORTS.client}`);
    return `zk://${servers.join()}${PATH}`;
  }

  get credentialFile(): string {
    return join(this.options.dir, "mesos-credential");
  }

  get hosts(): readonly SiteHost[] {
    return this.options.hosts;
  }

  urlOf(host: SiteHost): string {
    return `http://${host.ip}:${MASTER_PORT}`;
  }

  /** With the credential, for a scheduler that knows nothing else. */
  trustedUrlOf(host: SiteHost): string {
    return this.urlOf(host).replace("//", `//${PRINCIPAL}:${this.secret}@`);
  }

  /** The one that leads and knows it, waiting for it. */
  async leader(): Promise<SiteHost> {
    return until("a leading master", () => this.leaderNow(), LEADER_MS_MAX);
  }

  async leaderNow(): Promise<SiteHost | null> {
    for (const host of this.options.hosts) {
      if ((await this.state(host)) !== null) return host;
    }
    return null;
  }

  /** Its `/state`; null: it does not lead, or is not there. */
  async state(host: SiteHost): Promise<MasterState | null> {
    const authorization = Buffer.from(`${PRINCIPAL}:${this.secret}`).toString("base64");
    try {
      const answer = await fetch(`${this.urlOf(host)}/state`, {
        headers: { authorization: `Basic ${authorization}` },
        redirect: "manual",
        signal: AbortSignal.timeout(2000),
      });
      return answer.status === 200 ? ((await answer.json()) as MasterState) : null;
    } catch {
      // Off, cut off or just starting: whoever waits asks again.
      return null;
    }
  }

  async killMaster(host: SiteHost): Promise<void> {
    this.down.add(host);
    await this.processes.get(host)?.end();
  }

  /** Those that were killed on purpose. */
  async restartMasters(): Promise<void> {
    const hosts = [...this.down];
    this.down.clear();
    await Promise.all(hosts.map((host) => this.startMaster(host)));
  }

  /** No process is started any more. */
  stop(): void {
    this.isStopping = true;
  }

  private async startMaster(host: SiteHost): Promise<void> {
    const { site, agents, hostPaths, mounts, commands } = this.options;
    const stateDir = join(host.dir, "master");
    await rm(stateDir, { recursive: true, force: true });
    await mkdir(stateDir, { recursive: true });
    const config: MasterConfig = {
      ...{ site, agents, stateDir },
      tcp: {
        host: host.ip,
        port: MASTER_PORT,
        credential: { principal: PRINCIPAL, secret: this.secret },
        hostPaths,
        mounts,
        commands,
      },
      zookeeper: { servers: this.zookeeper.servers.map(({ address }) => address), path: PATH },
    };
    const file = join(host.dir, "master.json");
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    const started = await host.spawn("master", [process.execPath, PROGRAM, file]);
    this.processes.set(host, started);
    void this.keepUp(host, started);
  }

  /** A master that has lost its session ends; its service manager starts it again. */
  private async keepUp(host: SiteHost, started: InnerProcess): Promise<void> {
    await started.exited;
    await delay(RESTART_MS);
    const isCurrent = this.processes.get(host) === started;
    if (isCurrent && !this.isStopping && host.isOn && !this.down.has(host)) {
      await this.startMaster(host);
    }
  }
}

export interface MasterState {
  readonly id: string;
  readonly activated_slaves: number;
  readonly slaves: readonly { readonly hostname: string; readonly active: boolean }[];
  readonly frameworks: readonly {
    readonly id: string;
    readonly active: boolean;
    readonly tasks: readonly { readonly id: string; readonly state: string }[];
  }[];
}
