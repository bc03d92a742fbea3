/** A host's Docker engine. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Docker from "dockerode";
import { until } from "../../support/poll.ts";
import type { SiteHost } from "./host.ts";
import type { InnerProcess } from "./namespaces.ts";

const PORT = 2375;
const START_MS_MAX = 60_000;

export interface EngineOptions {
  readonly dataRoot: string;
  /** Of the containers. */
  readonly cgroup: string;
  /** Who is served over TCP, and nobody else. None: there is no such door. */
  readonly clients: readonly string[];
}

export class HostEngine {
  /** Of the person at this machine: works whatever becomes of the host's network. */
  readonly docker: Docker;
  private process: InnerProcess | null = null;

  constructor(
    private readonly host: SiteHost,
    private readonly options: EngineOptions,
  ) {
    this.docker = new Docker({ socketPath: this.socket });
  }

  get socket(): string {
    return join(this.host.dir, "docker.sock");
  }

  /** For the masters. */
  get address(): string {
    return `tcp://${this.host.ip}:${PORT}`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { dataRoot, cgroup, clients } = this.options;
    await mkdir(dataRoot, { recursive: true });
    const config = join(this.host.dir, "docker.json");
    await writeFile(config, "{}\n");
    if (clients.length > 0) await this.host.guard(PORT, clients);
    // With a word about TLS it does not wait some seconds for somebody to read its warning.
    const tcp = clients.length > 0 ? ["--host", this.address, "--tls=false"] : [];
    this.process = await this.host.spawn("dockerd", [
      ...["dockerd", "--config-file", config, "--data-root", dataRoot],
      ...["--exec-root", "/run/docker", "--pidfile", "/run/docker.pid"],
      ...["--host", `unix://${this.socket}`, ...tcp, "--cgroup-parent", `/${cgroup}`],
    ]);
    await until(`Docker on ${this.host.name}`, () => this.docker.ping(), START_MS_MAX);
  }

  /** In order, and with it all containers. */
  async stop(): Promise<void> {
    await this.process?.end("SIGTERM");
    this.process = null;
  }
}
