/** The etcd of a site, for its controllers: three real servers, each on a host of its own. */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { Etcd3 } from "etcd3";
import { until } from "../../support/poll.ts";
import { run } from "../machine/command.ts";
import type { SiteHost } from "../machine/host.ts";
import type { InnerProcess } from "../machine/namespaces.ts";

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;
/** Below which the controllers keep everything. */
const PREFIX = "/site";
const START_MS_MAX = 30_000;

export class SiteStore {
  private readonly processes = new Map<SiteHost, InnerProcess>();

  private constructor(
    readonly hosts: readonly SiteHost[],
    private readonly program: string,
  ) {}

  /**
   * Resolves when it answers.
   *
   * @param image whose etcd is run, on this machine's engine
   * @param dir for the program
   */
  static async start(hosts: readonly SiteHost[], image: string, dir: string): Promise<SiteStore> {
    const store = new SiteStore(hosts, join(dir, "etcd"));
    await copyOut(image, "/usr/bin/etcd", store.program);
    for (const host of hosts) host.addService(() => store.startServer(host));
    await Promise.all(hosts.map((host) => host.powerOn()));
    const client = new Etcd3({ hosts: hosts.map(({ ip }) => `http://${ip}:${CLIENT_PORT}`) });
    try {
      await until("the site's etcd answers", () => client.get("x").then(() => true), START_MS_MAX);
    } finally {
      client.close();
    }
    return store;
  }

  /** As `--state` takes it. */
  get target(): string {
    const servers = this.hosts.map(({ ip }) => `${ip}:${CLIENT_PORT}`);
    return `etcd://${servers.join()}${PREFIX}`;
  }

  get addresses(): readonly string[] {
    return this.hosts.map(({ ip }) => ip);
  }

  /** SIGKILL to the servers of the first ones. */
  async kill(count: number): Promise<void> {
    await Promise.all(
      this.hosts.slice(0, count).map(async (host) => this.processes.get(host)?.end()),
    );
  }

  /** Those that have ended, on what they had. */
  async restart(): Promise<void> {
    const ended = this.hosts.filter((host) => this.processes.get(host)?.hasEnded);
    await Promise.all(ended.map((host) => this.startServer(host)));
  }

  private async startServer(host: SiteHost): Promise<void> {
    const client = `http://${host.ip}:${CLIENT_PORT}`;
    const peers = this.hosts.map(({ name, ip }) => `${name}=http://${ip}:${PEER_PORT}`);
    const started = await host.spawn("etcd", [
      ...[this.program, "--name", host.name, "--data-dir", join(host.dir, "etcd")],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", `http://${host.ip}:${PEER_PORT}`],
      ...["--initial-advertise-peer-urls", `http://${host.ip}:${PEER_PORT}`],
      ...["--initial-cluster", peers.join()],
      ...["--heartbeat-interval", "100", "--election-timeout", "1000"],
    ]);
    this.processes.set(host, started);
  }
}

/** A file of an image, as it is there. */
async function copyOut(image: string, file: string, to: string): Promise<void> {
  const container = await run("docker", "create", image);
  try {
    await run("docker", "cp", `${container}:${file}`, to);
  } finally {
    await run("docker", "rm", container);
  }
  await chmod(to, 0o755);
}
