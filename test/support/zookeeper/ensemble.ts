/** An ensemble of real ZooKeeper servers on ports of loopback, each a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostPort } from "../../../controller/support/host-port.ts";
import { freePort } from "../free-port.ts";
import { JAVA, ZOOKEEPER_JAR } from "./ensure-zookeeper.ts";

/** Ms. A session's time-out is at most twenty of them. */
const TICK_MS = 500;

class EnsembleServer {
  isSuspended = false;
  private child: ChildProcess | null = null;

  constructor(
    readonly address: HostPort,
    private readonly directory: string,
    private readonly config: string,
    private readonly id: number,
  ) {}

  async start(): Promise<void> {
    const data = join(this.directory, "data");
    await mkdir(data, { recursive: true });
    await writeFile(join(data, "myid"), `${this.id}\n`);
    const configFile = join(this.directory, "zoo.cfg");
    await writeFile(configFile, `${this.config}dataDir=${data}\n`);
    const output = openSync(join(this.directory, "output"), "a");
    const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    const small = ["-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
    this.child = spawn(JAVA, [...small, "-cp", ZOOKEEPER_JAR, main, configFile], {
      stdio: ["ignore", output, output],
    });
  }

  /** As a machine that is out of memory or I/O: connections stay, nothing is answered. */
  suspend(): void {
    this.isSuspended = true;
    this.child?.kill("SIGSTOP");
  }

  resume(): void {
    this.isSuspended = false;
    this.child?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  wipe(): Promise<void> {
    return rm(join(this.directory, "data"), { recursive: true });
  }
}

export class ZooKeeperEnsemble {
  private constructor(readonly servers: readonly EnsembleServer[]) {}

  static async start(directory: string, count = 3): Promise<ZooKeeperEnsemble> {
    const ports = await Promise.all(Array.from({ length: 3 * count }, freePort));
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    const portOf = (kind: number, id: number) => ports[kind * count + id - 1] ?? 0;
    const peers = ids.map((id) => `server.${id}=127.0.0.1:${portOf(0, id)}:${portOf(1, id)}\n`);
    const servers = ids.map((id) => {
      const port = portOf(2, id);
      const config =
        `tickTime=${TICK_MS}\ninitLimit=20\nsyncLimit=8\nadmin.enableServer=false\n` +
        `clientPort=${port}\nclientPortAddress=127.0.0.1\n${peers.join("")}`;
      const home = join(directory, `server-${id}`);
      return new EnsembleServer({ host: "127.0.0.1", port }, home, config, id);
    });
    const ensemble = new ZooKeeperEnsemble(servers);
    await ensemble.startAll();
    return ensemble;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.start()));
  }

  async kill(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
  }

  /** Nothing is left of what it knew. */
  async wipe(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.wipe()));
  }
}
